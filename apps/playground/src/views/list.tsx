import { useEffect, useRef } from 'preact/hooks';
import { remove } from '../state/add.js';
import { texts } from '../state/language.js';
import { entries, selected, selectedId } from '../state/photos.js';
import { Row } from './row.js';
import { useVirtual } from './use-virtual.js';

const ROW_PX = 72;

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowRight: 1,
  ArrowUp: -1,
  ArrowLeft: -1,
  PageDown: 8,
  PageUp: -8,
  Home: -Infinity,
  End: Infinity,
};

const onKey = (event: KeyboardEvent): void => {
  const list = entries.peek();
  const at = list.findIndex((entry) => entry === selected.peek());
  const id = list[at]?.id;
  if (event.key === 'Delete' && id) return remove(new Set([id]));
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const next = list[Math.min(Math.max(at + step, 0), list.length - 1)];
  if (next) selectedId.value = next.id;
};

/** All photos. Only rows in sight are in the document. */
export const List = () => {
  const box = useRef<HTMLDivElement>(null);
  const all = entries.value;
  const { items, height, scrollTo } = useVirtual(box, all.length, ROW_PX);
  const current = selected.value;
  const at = current ? all.indexOf(current) : -1;
  useEffect(() => {
    if (at >= 0) scrollTo(at);
  }, [at]);
  const isDrawn = items.some(({ index }) => index === at);
  return (
    <div
      ref={box}
      class="list"
      role="listbox"
      tabindex={0}
      aria-label={texts.value.list}
      aria-activedescendant={current && isDrawn ? `photo-${current.id}` : undefined}
      onKeyDown={onKey}
    >
      <div class="list-height" role="presentation" style={{ height: `${height}px` }}>
        {items.map(({ index, start }) => {
          const entry = all[index];
          return entry && <Row key={entry.id} entry={entry} index={index} count={all.length} top={start} />;
        })}
      </div>
    </div>
  );
};
