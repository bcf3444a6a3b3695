import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { RemovalAsked, TaskAsked, ToolError, type ToolResult, type Tools } from './tools.js';

const contentOf = ({ facts, image }: ToolResult): CallToolResult => ({
  content: [
    ...(image ? [{ type: 'image' as const, data: image.base64, mimeType: image.contentType }] : []),
    { type: 'text', text: JSON.stringify(facts, undefined, 2) },
  ],
});

/** Other errors are ours, and the library answers them without their text. */
const told = async (work: Promise<ToolResult>): Promise<CallToolResult> => {
  try {
    return contentOf(await work);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { isError: true, content: [{ type: 'text', text: error.message }] };
  }
};

/** Of the tools and their parameters. */
const VERSION = '1.0.0';

const readOnly = { readOnlyHint: true, openWorldHint: false };

/** A server of the Model Context Protocol with the tools of this service. */
export const createMcpServer = (tools: Tools): McpServer => {
  const server = new McpServer({ name: 'clearcut', version: VERSION }, { capabilities: { tools: {} } });
  server.registerTool(
    'remove_background',
    {
      title: 'Remove the background of an image',
      description:
        'Cuts the subject of an image out of its background. Answers the cutout as an image, and its address, price and taskUUID.',
      inputSchema: RemovalAsked,
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
    },
    (asked) => told(tools.removeBackground(asked)),
  );
  server.registerTool(
    'list_models',
    {
      title: 'List the models',
      description: 'The models, what each is good at, its price and licence, and whether a worker serves it.',
      inputSchema: z.object({}),
      annotations: readOnly,
    },
    () => told(tools.listModels()),
  );
  server.registerTool(
    'get_task',
    {
      title: 'Ask how a removal stands',
      description: 'How a removal stands or ended, such as one that took longer than the wait.',
      inputSchema: TaskAsked,
      annotations: readOnly,
    },
    (asked) => told(tools.getTask(asked)),
  );
  return server;
};
