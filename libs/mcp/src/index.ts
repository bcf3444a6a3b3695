export { answerMcpRequest, type McpAnswer } from './answer-request.js';
export { createMcpServer } from './create-server.js';
export { ToolError, type RemovalAsked, type Tools } from './tools.js';
export { serveStdio } from '@modelcontextprotocol/server/stdio';
