import sharp from 'sharp';

// Blocks all decoders except those of the three formats of the API.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
// Every image is decoded once, so a cache would only take memory.
sharp.cache(false);

export { sharp };
