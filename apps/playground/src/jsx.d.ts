import type { HTMLAttributes } from 'preact';

type Custom<Own = object> = HTMLAttributes<HTMLElement> & Own & { readonly size?: string };
type Named = { readonly name?: string; readonly disabled?: boolean };
type Button = Named & {
  readonly variant?: 'neutral' | 'brand' | 'success' | 'warning' | 'danger';
  readonly appearance?: 'accent' | 'filled' | 'outlined' | 'filled-outlined' | 'plain';
  readonly loading?: boolean;
  readonly pill?: boolean;
  readonly type?: 'button' | 'submit';
  readonly 'data-dialog'?: string;
};
type Dialog = {
  readonly label: string;
  readonly open: boolean;
  readonly 'onwa-after-hide'?: (event: Event) => void;
  readonly 'onwa-hide'?: (event: Event) => void;
  readonly 'light-dismiss'?: boolean;
};
type Slider = Named & {
  readonly label?: string;
  readonly hint?: string;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly value?: number;
  readonly 'with-tooltip'?: boolean;
};

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'wa-button': Custom<Button>;
      'wa-comparison': Custom<{ readonly position?: number }>;
      'wa-dialog': Custom<Dialog>;
      'wa-radio-group': Custom<
        Named & { readonly label: string; readonly value: string; readonly orientation?: string }
      >;
      'wa-radio': Custom<{ readonly value: string; readonly appearance?: 'button' | 'default' }>;
      'wa-slider': Custom<Slider>;
      'wa-switch': Custom<Named & { readonly checked?: boolean; readonly hint?: string }>;
    }
  }
}
