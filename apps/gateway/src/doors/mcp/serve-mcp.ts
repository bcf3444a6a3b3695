import { randomUUID } from 'node:crypto';
import type { ServiceConfig } from '#config';
import { furtherImagePaths, holderAt, isFurtherImage, LongText } from '#contract';
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

/** In a call, and in each of a batch. */
const isToolImage: IsImage = (path) => {
  const [params, group, ...names] = path[0] === '' ? path.slice(1) : path;
  const name = names.join('.');
  return params === 'params' && group === 'arguments' && (name === 'image' || isFurtherImage(name));
};

const imagePaths = [['image'], ...furtherImagePaths].map((path) => ['params', 'arguments'].concat(path));

/** Puts short texts in place of large images, since the library checks that they are strings. */
const setImagesAside = (body: unknown) => {
  const images = new Map<string, LongText>();
  for (const call of [body].flat())
    for (const path of imagePaths) {
      const [holder, name = ''] = [holderAt(call, path), path.at(-1)];
      const image = holder?.[name];
      if (!holder || !(image instanceof LongText)) continue;
      const standIn = `image:${randomUUID()}`;
      images.set(standIn, image);
      holder[name] = standIn;
    }
  return (text: string) => images.get(text) ?? text;
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
    const imageOf = setImagesAside(body);
    const tools = createTools(needs, { owner, gone, imageOf });
    const url = `${needs.config.PUBLIC_URL}/mcp`;
    return answerMcpRequest({ url, headers: headersOf(request), body, gone }, tools);
  };
