/** A disc on a pale ground, as a PNG of 32 × 32 pixels. */
const disc =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACAAAAAgAgMAAAAOFJJnAAAADFBMVEXIUSDd5urWtajRjXEj8FqKAAAACXBIWXMAAAsTAAALEwEAmpwYAAAAVElEQVQY02MIhQIGUhkb+CCMCAYGVTCjgIGBF8w4wMDADGKEMQDBVCAjBMQQBTIiQAxVICMGxDAFMgJADFb8DLhiuHa4gXAr4JYinAF3GNypZPgUAGcYPtvvV+iuAAAAAElFTkSuQmCC';

const model = 'runware:109@1';

/**
 * One small task for each purpose, which works as it is. Swagger UI replaces these taskUUIDs by new ones. The tasks
 * that ask about a task ask about `async`.
 */
export const examples = {
  removeBackground: {
    taskType: 'removeBackground',
    taskUUID: '00000000-0000-4000-8000-000000000001',
    model,
    inputImage: disc,
    outputFormat: 'PNG',
    includeCost: true,
  },
  async: {
    taskType: 'removeBackground',
    taskUUID: '00000000-0000-4000-8000-000000000002',
    model,
    inputs: { image: disc },
    deliveryMethod: 'async',
  },
  getResponse: { taskType: 'getResponse', taskUUID: '00000000-0000-4000-8000-000000000002' },
  getTaskDetails: { taskType: 'getTaskDetails', taskUUID: '00000000-0000-4000-8000-000000000002' },
  imageUpload: { taskType: 'imageUpload', taskUUID: '00000000-0000-4000-8000-000000000003', image: disc },
  mediaStorage: {
    taskType: 'mediaStorage',
    taskUUID: '00000000-0000-4000-8000-000000000004',
    operation: 'upload',
    media: disc,
  },
  accountManagement: {
    taskType: 'accountManagement',
    taskUUID: '00000000-0000-4000-8000-000000000005',
    operation: 'getDetails',
  },
  cancelTask: { taskType: 'cancelTask', taskUUID: '00000000-0000-4000-8000-000000000002' },
  listTasks: { taskType: 'listTasks', status: 'success', limit: 5 },
  ping: { taskType: 'ping', ping: true },
} as const;
