import { namedFiles } from './files.js';
import { take } from './add.js';

/** Opens the browser's dialog. Cancelled, it does nothing. */
export const pickPhotos = (folder = false): void => {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (folder) input.webkitdirectory = true;
  else input.accept = 'image/png,image/jpeg,image/webp';
  input.addEventListener('change', () => void take(namedFiles(input.files ?? [])));
  input.click();
};

/** Opens the browser's dialog for one picture. */
export const pickPicture = (use: (file: File) => void): void => {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = 'image/*';
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) use(file);
  });
  input.click();
};
