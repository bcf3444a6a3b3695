import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disc, toJpeg } from '#test/pictures';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
export const chromium = names.find((name) => spawnSync(name, ['--version']).error === undefined);

/** Picks a photo in the page's file input, and reports the width of the picture that appears. */
const visitor = `<script type="module">
  const photo = await (await fetch('/photo.jpg')).blob();
  const chosen = new DataTransfer();
  chosen.items.add(new File([photo], 'photo.jpg', { type: 'image/jpeg' }));
  const input = document.querySelector('input');
  input.files = chosen.files;
  input.dispatchEvent(new Event('change'));
  for (;;) {
    const width = document.querySelector('img')?.naturalWidth;
    if (width > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await fetch('/done?width=' + document.querySelector('img').naturalWidth);
</script>`;

/**
 * Opens a page of the documents in Chromium, with the client beside it, and waits until its cutout is shown.
 *
 * @returns the width of the cutout
 */
export const visit = async (html: string, port: number, key: string): Promise<number> => {
  const profile = await mkdtemp(join(tmpdir(), 'clearcut-chromium-'));
  const photo = await toJpeg(disc(60, 40));
  let report: (width: number) => void;
  const width = new Promise<number>((resolve) => (report = resolve));

  const answers: Readonly<Record<string, () => Promise<[string, string | Buffer]>>> = {
    '/': () => Promise.resolve(['text/html', `${html}${visitor}`]),
    '/photo.jpg': () => Promise.resolve(['image/jpeg', photo]),
  };
  const client = async (path: string): Promise<[string, Buffer]> => [
    'text/javascript',
    await readFile(join('dist/libs/client/src', path)),
  ];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here');
    if (pathname === '/done') report(Number(searchParams.get('width')));
    const answer = answers[pathname] ?? (() => client(pathname.replace('/clearcut/', '')));
    answer().then(
      ([type, body]) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
  const url = `http://127.0.0.1:${port}/?key=${encodeURIComponent(key)}`;
  const browser = spawn(chromium ?? 'chromium', [...flags, url], { stdio: 'ignore' });
  const closed = new Promise((resolve) => browser.once('close', resolve));
  try {
    return await width;
  } finally {
    browser.kill();
    await closed;
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
};
