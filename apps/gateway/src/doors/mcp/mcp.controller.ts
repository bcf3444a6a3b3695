import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../../http/send-answer.js';
import { whenGone } from '../../http/when-gone.js';
import { mcpDoor } from './mcp-door.js';
import { SERVE_MCP, type ServeMcp } from './serve-mcp.js';

/** The Model Context Protocol over streamable HTTP, without sessions. */
@Controller('mcp')
@ApiExcludeController()
export class McpController {
  constructor(@Inject(SERVE_MCP) private readonly serve: ServeMcp) {}

  @Post()
  @RouteConfig({ door: mcpDoor })
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.serve(request, whenGone(reply)));
  }
}
