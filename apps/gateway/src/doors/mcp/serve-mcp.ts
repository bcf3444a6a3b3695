import { randomUUID } from 'node:crypto';
import type { ServiceConfig } from '#config';
import { LongText } from '#contract';
import { answerMcpRequest, type McpAnswer } from '#mcp';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import type { IsImage } from '../../door/json-path.js';
import { missingKey } from '../../tasks/authenticate.js';
import { createTools, type ToolNeeds } from './tools.js';

/** Answers `POST /mcp`. */
export type ServeMcp = (request: FastifyRequest, gone: AbortSignal) => Promise<McpAnswer>;

export const SERVE_MCP = token<ServeMcp>('serve MCP');

type Needs = ToolNeeds & { readonly config: Pick<ServiceConfig, 'PUBLIC_URL'> };

const isToolImage: IsImage = ([params, group, name]) =>
  params === 'params' && group === 'arguments' && name === 'image';

type ToolCall = { readonly params?: { readonly arguments?: Record<string, unknown> } };

/** Puts a short text in place of a large image, since the library checks that it is a string. */
const setImageAside = (body: unknown) => {
  const standIn = `image:${randomUUID()}`;
  const { arguments: given } = (body as ToolCall | null)?.params ?? {};
  const image = given?.['image'];
  if (!given || !(image instanceof LongText)) return (text: string) => text;
  given['image'] = standIn;
  return (text: string) => (text === standIn ? image : text);
};

const headersOf = ({ headers }: FastifyRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );

export const createServeMcp =
  (needs: Needs): ServeMcp =>
  async (request, gone) => {
    const { owner } = request;
    if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
    const body = await request.server.readObject(request, isToolImage);
    const imageOf = setImageAside(body);
    const tools = createTools(needs, { owner, gone, imageOf });
    const url = `${needs.config.PUBLIC_URL}/mcp`;
    return answerMcpRequest({ url, headers: headersOf(request), body, gone }, tools);
  };
