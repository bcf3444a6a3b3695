import { fileURLToPath } from 'node:url';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import sharp from 'sharp';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

const main = fileURLToPath(new URL('../../apps/cli/src/main.js', import.meta.url));
type Content = {
  readonly type: string;
  readonly data?: string;
  readonly mimeType?: string;
  readonly text?: string;
};

describe.each(['HTTP at /mcp', 'stdio by clearcut mcp'])('@modelcontextprotocol/client 2.4.0 (%s)', (way) => {
  let service: Service;
  let pictures: PictureServer;
  let client: Client;
  let photo: Buffer;
  beforeAll(async () => {
    photo = await toPng(disc(60, 40));
    pictures = await startPictureServer(photo);
    service = await startService({ env: { DOORS: 'mcp', OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    client = await connect(service.key);
  });
  afterAll(async () => {
    await client.close();
    await service.stop();
    await pictures.stop();
  });

  const overHttp = (key: string) =>
    new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
    });
  const overStdio = (key: string) =>
    new StdioClientTransport({
      command: process.execPath,
      args: [main, 'cli', 'mcp', '--server', service.url, '--key', key],
      env: { ...(process.env as Record<string, string>), DATA_DIR: service.config.DATA_DIR },
    });
  const connect = async (key: string) => {
    const connected = new Client({ name: 'test', version: '1.0.0' });
    await connected.connect(way.startsWith('HTTP') ? overHttp(key) : overStdio(key));
    return connected;
  };
  const call = async (name: string, args: Record<string, unknown> = {}) => {
    const { content, isError = false } = await client.callTool({ name, arguments: args });
    const all = content as Content[];
    const image = all.find(({ type }) => type === 'image');
    const text = all.find(({ type }) => type === 'text')?.text ?? '';
    return { isError, image, text, facts: () => JSON.parse(text) as Record<string, unknown> };
  };
  const sizeOf = async (image: Content | undefined) => {
    const { format, width, height } = await sharp(Buffer.from(image?.data ?? '', 'base64')).metadata();
    return [image?.mimeType, format, width, height];
  };

  it('lists the tools', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['remove_background', 'list_models', 'get_task']);
    expect(tools[0]?.inputSchema).toMatchObject({ required: ['image'] });
  });

  it('removes a background, and gets the image and the facts', async () => {
    const { image, facts } = await call('remove_background', { image: pictures.url });
    expect(await sizeOf(image)).toEqual(['image/png', 'png', 60, 40]);
    expect(facts()).toMatchObject({
      taskUUID: expect.any(String),
      imageURL: expect.stringMatching(/^http/),
      cost: 0.0006,
    });
  });

  it('removes the background of base64 of two megabytes, with settings', async () => {
    const large = Buffer.concat([photo, Buffer.alloc(2_000_000)]).toString('base64');
    const settings = { rgba: [255, 0, 0, 1] };
    const asked = { image: `data:image/png;base64,${large}`, outputFormat: 'JPG', settings };
    const { image } = await call('remove_background', asked);
    expect(await sizeOf(image)).toEqual(['image/jpeg', 'jpeg', 60, 40]);
  });

  it('takes a background and strokes of more than a hundred kilobytes', async () => {
    const padded = (picture: Buffer) =>
      `data:image/png;base64,${Buffer.concat([picture, Buffer.alloc(100_000)]).toString('base64')}`;
    const background = { image: padded(await toPng(disc(30, 30))) };
    const compose = { width: 64, height: 48, background };
    const { image } = await call('remove_background', {
      image: padded(photo),
      compose,
      refine: { hint: padded(photo) },
    });
    expect(await sizeOf(image)).toEqual(['image/png', 'png', 64, 48]);
  });

  it('refuses an argument that it does not know, by its name, before it runs', async () => {
    const { isError, text } = await call('remove_background', { image: pictures.url, output_format: 'webp' });
    expect([isError, text]).toEqual([true, expect.stringContaining('output_format')]);
  });

  it('lists the models', async () => {
    const { text } = await call('list_models');
    expect(JSON.parse(text)).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: 'runware:109@1' })]),
    );
  });

  it('asks for a task that it sent', async () => {
    const { facts } = await call('remove_background', { image: pictures.url });
    const { taskUUID, imageUUID } = facts();
    expect((await call('get_task', { taskUUID })).facts()).toMatchObject({ taskUUID, imageUUID });
  });

  it('is told what is wrong, as the result of the tool', async () => {
    const bad = await call('remove_background', { image: 'data:image/png;base64,bm8gaW1hZ2U=' });
    expect([bad.isError, bad.image, bad.text]).toEqual([true, undefined, expect.stringContaining('PNG')]);
    const unknown = await call('remove_background', { image: pictures.url, model: 'acme:9@9' });
    expect([unknown.isError, unknown.text]).toEqual([true, expect.stringContaining('no such model')]);
    const invalid = await call('remove_background', { image: pictures.url, outputFormat: 'GIF' });
    expect([invalid.isError, invalid.text]).toEqual([true, expect.stringContaining('outputFormat')]);
  });

  if (way.startsWith('HTTP'))
    it('cannot connect with a bad key', async () => {
      await expect(connect('cc_wrong')).rejects.toThrow();
    });
  else
    it('removes the background of a local file', async () => {
      const image = join(service.config.DATA_DIR, 'cup.png');
      await writeFile(image, photo);
      expect(await sizeOf((await call('remove_background', { image })).image)).toEqual([
        'image/png',
        'png',
        60,
        40,
      ]);
    });
});
