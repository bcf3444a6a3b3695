import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

type List = {
  readonly items: readonly VirtualItem[];
  readonly height: number;
  readonly scrollTo: (index: number) => void;
};

/** The rows of a long list that are in sight, so that 500 cost no more than 20. */
export const useVirtual = (box: RefObject<HTMLElement | null>, count: number, rowHeight: number): List => {
  const [, draw] = useState(0);
  const made = useRef<Virtualizer<HTMLElement, HTMLElement> | undefined>(undefined);
  const options = {
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => draw((n) => n + 1),
  };
  made.current ??= new Virtualizer<HTMLElement, HTMLElement>(options);
  const list = made.current;
  list.setOptions({ ...list.options, ...options });
  useEffect(() => list._didMount(), [list]);
  useEffect(() => list._willUpdate());
  return {
    items: list.getVirtualItems(),
    height: list.getTotalSize(),
    scrollTo: (index) => list.scrollToIndex(index, { align: 'auto' }),
  };
};
