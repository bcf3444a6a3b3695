import add from 'lucide-static/icons/image-plus.svg?raw';
import alpha from 'lucide-static/icons/contrast.svg?raw';
import auto from 'lucide-static/icons/sun-moon.svg?raw';
import book from 'lucide-static/icons/book-open.svg?raw';
import brush from 'lucide-static/icons/brush.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import code from 'lucide-static/icons/code.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import dark from 'lucide-static/icons/moon.svg?raw';
import download from 'lucide-static/icons/download.svg?raw';
import fit from 'lucide-static/icons/maximize.svg?raw';
import folder from 'lucide-static/icons/folder-open.svg?raw';
import key from 'lucide-static/icons/key-round.svg?raw';
import light from 'lucide-static/icons/sun.svg?raw';
import minus from 'lucide-static/icons/minus.svg?raw';
import picture from 'lucide-static/icons/image.svg?raw';
import plus from 'lucide-static/icons/plus.svg?raw';
import retry from 'lucide-static/icons/rotate-ccw.svg?raw';
import sliders from 'lucide-static/icons/sliders-horizontal.svg?raw';
import sparkles from 'lucide-static/icons/sparkles.svg?raw';
import trash from 'lucide-static/icons/trash-2.svg?raw';
import undo from 'lucide-static/icons/undo-2.svg?raw';
import upload from 'lucide-static/icons/image-up.svg?raw';
import warning from 'lucide-static/icons/triangle-alert.svg?raw';
import x from 'lucide-static/icons/x.svg?raw';

const icons = {
  add,
  alpha,
  auto,
  book,
  brush,
  check,
  code,
  copy,
  dark,
  download,
  fit,
  folder,
  key,
  light,
  minus,
  picture,
  plus,
  retry,
  sliders,
  sparkles,
  trash,
  undo,
  upload,
  warning,
  x,
};
export type IconName = keyof typeof icons;

const inner = (svg: string) => svg.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '');

/** A drawing beside a text. Screen readers pass it over. */
export const Icon = ({ name, slot }: { readonly name: IconName; readonly slot?: string }) => (
  <svg
    class="icon"
    slot={slot}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    dangerouslySetInnerHTML={{ __html: inner(icons[name]) }}
  />
);
