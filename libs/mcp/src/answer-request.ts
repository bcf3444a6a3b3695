import { createMcpHandler } from '@modelcontextprotocol/server';
import { createMcpServer } from './create-server.js';
import type { Tools } from './tools.js';

export type McpRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON body. */
  readonly body: unknown;
  /** Aborts when the caller has left. */
  readonly gone: AbortSignal;
};
export type McpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** Headers that describe the body, which is parsed already. */
const ofBody = new Set(['content-length', 'content-encoding', 'transfer-encoding', 'connection']);

/** Answers one POST of the streamable HTTP transport, without a session. */
export const answerMcpRequest = async (
  { url, headers, body, gone }: McpRequest,
  tools: Tools,
): Promise<McpAnswer> => {
  const handler = createMcpHandler(() => createMcpServer(tools));
  try {
    const kept = Object.entries(headers).filter(([name]) => !ofBody.has(name));
    const request = new Request(url, { method: 'POST', headers: kept, body: '{}', signal: gone });
    const response = await handler.fetch(request, { parsedBody: body });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    };
  } finally {
    await handler.close();
  }
};
