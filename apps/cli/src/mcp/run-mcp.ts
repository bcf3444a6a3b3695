import { readConfig } from '#config';
import { ClearcutError, createClient, type Client, type RemoveOptions } from '#client';
import { reasonOf } from '#errors';
import { createMcpServer, serveStdio, ToolError, type RemovalAsked, type Tools } from '#mcp';
import { isHelp, print, readArguments, UsageError, type Help } from '../command.js';
import { findServer } from '../remove/by-server.js';

const usage = `Usage: npx clearcut mcp [options]

Serves the Model Context Protocol on stdin and stdout, for assistants that start their servers themselves. An image may
also be the path of a file here.

  --server URL           the server; CLEARCUT_URL, or the npm start that runs on DATA_DIR
  --key KEY              its key; CLEARCUT_KEY, or that of this npm start
`;

export const help: Help = { usage };

const options = { server: { type: 'string' }, key: { type: 'string' } } as const;

/** A fault of the task or of the connection is told to the assistant. */
const told = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw error instanceof ClearcutError ? new ToolError(error.message, { cause: error }) : error;
  }
};

const remove = async (client: Client, { image, ...asked }: RemovalAsked) => {
  const cutout = await client.removeBackground(image, { ...asked, includeCost: true } as RemoveOptions);
  const { taskUUID, imageUUID, imageURL, cost, warnings } = cutout;
  const blob = await cutout.blob();
  const base64 = Buffer.from(await blob.arrayBuffer()).toString('base64');
  return {
    facts: { taskUUID, imageUUID, imageURL, cost, warnings },
    image: { base64, contentType: blob.type },
  };
};

const toolsOf = (client: Client): Tools => ({
  removeBackground: (asked) => told(remove(client, asked)),
  listModels: async () => ({ facts: await told(client.models()) }),
  getTask: async ({ taskUUID }) => {
    const { answer } = await told(client.follow(taskUUID));
    const { imageBase64Data: _, ...facts } = { imageBase64Data: undefined, ...answer };
    return { facts };
  },
});

/**
 * `npx clearcut mcp`, until stdin ends or a signal comes.
 *
 * @throws UsageError, StartError, and faults of the environment
 */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { values, positionals } = readArguments(args, options, usage);
  if (positionals.length > 0) throw new UsageError('mcp takes no words.', usage);
  const { url, apiKey } = findServer(values, readConfig());
  const client = createClient({ url, apiKey, onNotice: () => undefined });
  const ended = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const onerror = (error: Error) => void process.stderr.write(`clearcut: ${reasonOf(error)}\n`);
  const handle = serveStdio(() => createMcpServer(toolsOf(client)), { onerror });
  await ended;
  await handle.close();
  client.close();
};
