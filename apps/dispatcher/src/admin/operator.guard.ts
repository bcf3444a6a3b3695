import type { ServiceConfig } from '#config';
import { CONFIG } from '#nest';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { authorise } from './authorise.js';

/** Lets those in who know ADMIN_TOKEN. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: Pick<ServiceConfig, 'ADMIN_TOKEN'>) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    authorise(this.config.ADMIN_TOKEN, http.getRequest(), http.getResponse());
    return true;
  }
}
