// Who may import whom: apps → edges → core, and nothing the other way.
const edges =
  'callers|config|database|embedded-postgres|imaging|inference|mcp|outbound|program|queue|secrets|storage|telemetry|weights';

/** Each foreign thing has one owner; tests and benchmarks may look at anything. */
const owners = {
  '@aws-sdk/': 'libs/storage',
  '@prisma/|^prisma$': 'libs/database',
  '@modelcontextprotocol/': 'libs/mcp',
  'bullmq|ioredis': 'libs/queue',
  '@bull-board/': 'apps/dispatcher',
  'embedded-postgres': 'libs/embedded-postgres',
  'env-paths': 'libs/config',
  'ipaddr\\.js': 'libs/outbound',
  // Addresses that users name go by outbound; weights asks those of the catalogue and the operator.
  undici: 'libs/(outbound|weights)',
  'onnxruntime-node|protobufjs': 'libs/inference',
  'pino(-pretty)?|prom-client|@opentelemetry/': 'libs/telemetry',
  sharp: 'libs/imaging',
  '@nestjs/|fastify/': '(apps/(gateway|worker|dispatcher)|libs/nest)',
  '@fastify/': 'apps/(gateway|dispatcher)',
  'ws/|marked/': 'apps/gateway',
  piscina: 'libs/pipeline',
  tinyglobby: 'apps/cli',
  'preact|@preact/|lit|@awesome\\.me/|@tanstack/|idb|lucide-static': 'apps/playground',
  'client-zip': 'apps/(gateway|playground)',
};

const product = { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$|/test/' };

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'apps-are-strangers',
      comment: 'An app imports no other app.',
      severity: 'error',
      from: { ...product, path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-know-no-nest',
      comment: 'Apps are composed by Nest; the libs work without it. Only libs/nest joins the two.',
      severity: 'error',
      from: { ...product, path: '^libs/', pathNot: '\\.spec\\.ts$|/test/|^libs/nest/' },
      to: { path: '^libs/nest/|node_modules/@nestjs/' },
    },
    {
      name: 'libs-know-no-app',
      severity: 'error',
      from: { ...product, path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'core-is-pure',
      comment: 'contract, models and matting import core, zod and leven at most.',
      severity: 'error',
      from: { ...product, path: '^libs/(contract|models|matting)/' },
      to: { pathNot: '^libs/(contract|errors|models|matting)/|node_modules/(zod|leven)/' },
    },
    {
      name: 'matting-imports-nothing',
      severity: 'error',
      from: { ...product, path: '^libs/matting/' },
      to: { pathNot: '^libs/matting/' },
    },
    {
      name: 'client-imports-nothing',
      comment: 'The client is published alone. Its types are generated; it shares no code with the server.',
      severity: 'error',
      from: { ...product, path: '^libs/client/' },
      to: { pathNot: '^libs/client/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'client-runs-in-browsers',
      comment: 'Only the entry for Node reaches the files of this machine.',
      severity: 'error',
      from: {
        ...product,
        path: '^libs/client/',
        pathNot: '/src/(index|files|manifest-file)\\.ts$|\\.spec\\.ts$',
      },
      to: { path: '/src/(index|files|manifest-file)\\.ts$', dependencyTypes: ['local'] },
    },
    {
      name: 'client-of-browsers-has-no-node',
      severity: 'error',
      from: {
        ...product,
        path: '^libs/client/',
        pathNot: '/src/(index|files|manifest-file)\\.ts$|\\.spec\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'edges-do-not-chain',
      comment:
        'An edge stands alone. But program, which starts processes, reads config and logs; and config asks outbound what an entry of OUTBOUND_ALLOW is.',
      severity: 'error',
      from: {
        ...product,
        path: `^libs/(${edges})/`,
        pathNot: '\\.spec\\.ts$|/test/|^libs/program/|^libs/config/src/environment',
      },
      to: { path: `^libs/(${edges})/`, pathNot: '^libs/$1/|^libs/telemetry/' },
    },
    {
      name: 'boundary-stands-between-apps-and-edges',
      comment:
        'boundary turns what two edges throw into problems of the API. Of the libs, only pipeline needs that.',
      severity: 'error',
      from: { ...product, path: '^libs/', pathNot: '\\.spec\\.ts$|/test/|^libs/(boundary|pipeline)/' },
      to: { path: '^libs/boundary/' },
    },
    {
      name: 'boundary-knows-two-edges',
      severity: 'error',
      from: { ...product, path: '^libs/boundary/' },
      to: { path: '^libs/', pathNot: '^libs/(boundary|contract|imaging|outbound)/' },
    },
    {
      name: 'feeder-stands-between-programs-and-two-edges',
      comment: 'feeder moves tasks from the database into the queue. Only nest opens it.',
      severity: 'error',
      from: { ...product, path: '^libs/feeder/' },
      to: { path: '^libs/', pathNot: '^libs/(feeder|database|queue)/' },
    },
    {
      name: 'decoders-know-one-edge',
      comment: 'decoders runs imaging in processes of its own, for the worker.',
      severity: 'error',
      from: { ...product, path: '^libs/decoders/' },
      to: { path: '^libs/', pathNot: '^libs/(decoders|imaging|contract|errors)/' },
    },
    {
      name: 'pipeline-stands-between-programs-and-edges',
      comment: 'pipeline turns a file into its cutout. It knows neither queue, database nor storage.',
      severity: 'error',
      from: { ...product, path: '^libs/pipeline/' },
      to: {
        path: '^libs/',
        pathNot:
          '^libs/(pipeline|boundary|contract|errors|imaging|inference|matting|models|telemetry|weights)/',
      },
    },
    {
      name: 'only-programs-open-the-pipeline',
      severity: 'error',
      from: { ...product, path: '^libs/', pathNot: '\\.spec\\.ts$|/test/|^libs/pipeline/' },
      to: { path: '^libs/pipeline/' },
    },
    {
      name: 'libs-are-entered-by-their-index',
      severity: 'error',
      from: { ...product, path: '^(?:apps|libs)/([^/]+)/' },
      to: {
        path: '^libs/([^/]+)/src/',
        pathNot: '^libs/[^/]+/src/index\\.ts$|^libs/client/src/browser\\.ts$|^libs/$1/',
      },
    },
    {
      name: 'gateway-carries-no-model-code',
      severity: 'error',
      from: { ...product, path: '^apps/gateway/' },
      to: { path: '^libs/(inference|matting|pipeline|weights|decoders)/' },
    },
    {
      name: 'page-speaks-through-the-client',
      comment: 'The page runs in browsers. Of the libs it knows the client, by its entry for browsers.',
      severity: 'error',
      from: { ...product, path: '^apps/playground/src/' },
      to: { path: '^libs/', pathNot: '^libs/client/src/browser\\.ts$' },
    },
    {
      name: 'product-knows-no-test',
      comment: 'Nothing of the product imports what only tests need.',
      severity: 'error',
      from: product,
      to: { path: '^(test|bench)/' },
    },
    ...Object.entries(owners).map(([dependency, owner]) => ({
      name: `${owner.replace(/\W+/g, '-')}-owns-${dependency.replaceAll(/\W+/g, '-')}`,
      severity: 'error',
      from: { ...product, pathNot: `\\.spec\\.ts$|/test/|^${owner}/` },
      to: { path: `node_modules/(${dependency.replaceAll(/\^|\$/g, '')})` },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.architecture.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { conditionNames: ['import', 'types', 'node'], exportsFields: ['exports'] },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/|^libs/[^/]+/src/generated/|^libs/matting/assembly/' },
  },
};
