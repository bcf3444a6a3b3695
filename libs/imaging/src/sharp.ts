import sharp from 'sharp';

// Only the three formats of the API can reach a decoder, whatever the bytes claim to be.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
// Every image is seen once, so what libvips would keep is only memory.
sharp.cache(false);

export { sharp };
