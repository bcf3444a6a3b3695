import type { Health, Probe } from '#program';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { token } from '../token.js';

/** The answers of a program to /health/live, /health/ready and /health/dependencies. */
export type Probes = { readonly live: Probe; readonly ready: Probe; readonly dependencies: Probe };

export const PROBES = token<Probes>('probes');

const answer = (reply: FastifyReply, health: Health): Health => {
  reply.status(health.ok ? 200 : 503);
  return health;
};

@Controller('health')
export class HealthController {
  constructor(@Inject(PROBES) private readonly probes: Probes) {}

  @Get('live')
  async live(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    return answer(reply, await this.probes.live());
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    return answer(reply, await this.probes.ready());
  }

  @Get('dependencies')
  async dependencies(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    return answer(reply, await this.probes.dependencies());
  }
}
