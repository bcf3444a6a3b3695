import type { Logger } from '#telemetry';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const NOTHING_HERE = 'There is nothing at this address.\n';

/** Answers errors of an admin port in plain text. All errors except HttpExceptions are our own faults. */
@Catch()
export class AdminFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (error instanceof HttpException) {
      const status = error.getStatus();
      const text = status === 404 ? NOTHING_HERE : `${error.message}\n`;
      void reply.status(status).type('text/plain').send(text);
      return;
    }
    const { routeOptions } = http.getRequest<FastifyRequest>();
    this.log.error({ err: error, path: routeOptions.url }, 'admin request failed');
    void reply.status(500).type('text/plain').send('Something failed; the log says what.\n');
  }
}
