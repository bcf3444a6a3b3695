/** A models file for the page; a test makes sure that it can be used. */
export const ownModels = {
  models: [
    {
      air: 'acme:1@1',
      slug: 'acme-shoes',
      name: 'Acme Shoes',
      goodAt: 'shoes on white',
      price: '0.0006',
      variants: [
        {
          name: 'fp16',
          origin: 'trained by the Acme studio, 2026',
          sources: ['weights/shoes-fp16.onnx', 'https://models.example.com/shoes-fp16.onnx'],
          licence: { name: 'proprietary', terms: 'For use within Acme.', commercial: 'allowed' },
          input: {
            name: 'input_image',
            type: 'float16',
            size: 1024,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
          },
          output: { name: 'output_image', type: 'float16', activation: 'sigmoid', normalise: 'minmax' },
          batch: 'dynamic',
        },
      ],
    },
  ],
  prefer: { 'runware:112@1': 'dis-590' },
} as const;
