import pg from 'pg';

type Connect = (this: pg.Client, ...rest: unknown[]) => unknown;

/**
 * Gives every connection to Postgres of this process an error listener before it connects. The loss of one without a
 * listener ends the process. BullMQ has such moments: it borrows one from its pool while it starts, and adds a listener
 * to the one for notifications only after it has connected. Nothing is lost: the query itself rejects.
 */
export const keepClientsSteady = (): void => {
  const prototype = pg.Client.prototype as unknown as { connect: Connect };
  const { connect } = prototype;
  prototype.connect = function (...rest) {
    this.on('error', () => undefined);
    return connect.apply(this, rest);
  };
};
