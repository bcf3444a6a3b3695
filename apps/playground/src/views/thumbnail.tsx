import { useEffect, useRef, useState } from 'preact/hooks';
import type { Entry } from '../state/photos.js';
import { thumbnailOf } from '../state/thumbnails.js';
import { Icon } from './icon.js';

/** A small picture of the photo, drawn while its row is in sight. */
export const Thumbnail = ({ entry }: { readonly entry: Entry }) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isUnreadable, setUnreadable] = useState(false);
  useEffect(() => {
    const gone = new AbortController();
    const draw = async () => {
      try {
        const bitmap = await thumbnailOf(entry.id, entry.file, gone.signal);
        canvas.current?.getContext('2d')?.drawImage(bitmap, 0, 0, 112, 112);
      } catch {
        if (!gone.signal.aborted) setUnreadable(true);
      }
    };
    void draw();
    return () => gone.abort();
  }, [entry]);
  return (
    <span class="thumbnail">
      {isUnreadable ? <Icon name="picture" /> : <canvas ref={canvas} width="112" height="112" />}
    </span>
  );
};
