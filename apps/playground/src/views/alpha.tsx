import { useEffect, useRef } from 'preact/hooks';
import type { Picture } from '../state/preview.js';

/** Draws the alpha channel as grey: white is subject. */
const drawAlpha = async (canvas: HTMLCanvasElement, { url, width, height }: Picture): Promise<void> => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const pixels = canvas.getContext('2d');
  if (!pixels) return;
  pixels.clearRect(0, 0, width, height);
  pixels.globalCompositeOperation = 'source-over';
  pixels.drawImage(image, 0, 0);
  pixels.globalCompositeOperation = 'source-in';
  pixels.fillStyle = '#fff';
  pixels.fillRect(0, 0, width, height);
  pixels.globalCompositeOperation = 'destination-over';
  pixels.fillStyle = '#000';
  pixels.fillRect(0, 0, width, height);
};

export const Alpha = ({ picture, label }: { readonly picture: Picture; readonly label: string }) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    // A picture that is replaced meanwhile cannot be read any more.
    if (canvas.current) drawAlpha(canvas.current, picture).catch(() => undefined);
  }, [picture]);
  return (
    <canvas
      ref={canvas}
      class="fill"
      role="img"
      aria-label={label}
      width={picture.width}
      height={picture.height}
    />
  );
};
