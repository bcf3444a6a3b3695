import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { take } from '../state/add.js';
import { filesOfTransfer } from '../state/files.js';
import { texts } from '../state/language.js';
import { Icon } from './icon.js';

const isOver = signal(false);
/** Browsers tell of each element that the pointer enters and leaves. */
let depth = 0;

const bringsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;

const takeFrom = async (transfer: DataTransfer): Promise<void> => take(await filesOfTransfer(transfer));

const handlers = {
  dragenter: (event: DragEvent) => {
    if (!bringsFiles(event)) return;
    depth += 1;
    isOver.value = true;
  },
  dragleave: (event: DragEvent) => {
    if (!bringsFiles(event)) return;
    depth -= 1;
    if (depth <= 0) isOver.value = false;
  },
  dragover: (event: DragEvent) => {
    if (bringsFiles(event)) event.preventDefault();
  },
  drop: (event: DragEvent) => {
    depth = 0;
    isOver.value = false;
    if (!bringsFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    void takeFrom(event.dataTransfer);
  },
};

const onPaste = ({ clipboardData }: ClipboardEvent) => {
  if (clipboardData && clipboardData.files.length > 0) void takeFrom(clipboardData);
};

/** Photos may be dropped anywhere on the page, and pasted. */
export const DropTarget = () => {
  useEffect(() => {
    const names = Object.keys(handlers) as (keyof typeof handlers)[];
    for (const name of names) addEventListener(name, handlers[name]);
    addEventListener('paste', onPaste);
    return () => {
      for (const name of names) removeEventListener(name, handlers[name]);
      removeEventListener('paste', onPaste);
    };
  }, []);
  return (
    <div class={`drop-target ${isOver.value ? 'over' : ''}`} aria-hidden="true">
      <p>
        <Icon name="upload" />
        {texts.value.dropNow}
      </p>
    </div>
  );
};
