# Part of build.sh: the worker for a GPU, out of CUDA and of onnxruntime's CUDA libraries as Python's package index has
# them, on a machine without a GPU: it must refuse to start, or fall back and say so.

version=$(node -p "require('onnxruntime-node/package.json').version")
step "CUDA, and onnxruntime-gpu $version"
pip download --quiet --only-binary=:all: --dest "$work/wheels" "onnxruntime-gpu[cuda,cudnn]==$version"
for wheel in "$work/wheels/"{nvidia_,onnxruntime_gpu}*.whl; do
  python3 -m zipfile --extract "$wheel" "$work/python"
done
mkdir "$work/cuda" "$work/cuda-libraries"
find "$work/python/nvidia" -name 'lib*.so*' -exec mv --target-directory="$work/cuda" {} +
mv "$work/python/onnxruntime/capi/"libonnxruntime_providers_{cuda,shared}.so "$work/cuda-libraries"
container=$(buildah "${storage[@]}" from localhost/base/runtime:test)
buildah "${storage[@]}" copy -q "$container" "$work/cuda" /usr/local/cuda/lib >/dev/null
buildah "${storage[@]}" config --env LD_LIBRARY_PATH=/usr/local/cuda/lib "$container"
buildah "${storage[@]}" commit -q --rm "$container" localhost/base/cuda:test >/dev/null

build worker-gpu --build-arg CUDA_IMAGE=localhost/base/cuda:test \
  --build-context "cuda-libraries=$work/cuda-libraries"

# Opens the device as the worker does before all else, with neither database nor queue.
open_device() { # DEVICE, and more of podman's options
  podman "${storage[@]}" --runtime runc --cgroup-manager cgroupfs run --rm --network=none --cgroups=no-conmon \
    --no-healthcheck --ulimit=nofile=4096:4096 --ulimit=nproc=4096:4096 --read-only --cap-drop=all \
    --env "DEVICE=$1" "${@:2}" --entrypoint node localhost/clearcut/worker-gpu:test --eval '
      const { DEVICE: device } = process.env;
      import("/app/dist/libs/inference/src/index.js")
        .then(({ openDevice }) => openDevice({ device, intraOpThreads: 1, maxBatch: 1, lingerMs: 0 }, {}))
        .then(({ facts, close }) => close(console.log(facts)))
        .catch(({ name, message }) => console.log(`${name}: ${message}`))' 2>/dev/null
}
expect() { # words, and what open_device is given
  local said
  said=$(open_device "${@:2}")
  echo "$said"
  grep -q "$1" <<<"$said" || { echo "build.sh: expected: $1" >&2; exit 1; }
}

step 'without a driver'
expect 'DeviceError: DEVICE=cuda does not work, since libcuda.so.1, a library of the NVIDIA driver, is missing' cuda
expect "fallback: 'libcuda.so.1, a library of the NVIDIA driver, is missing'" auto

step 'on a base without CUDA'
expect 'DeviceError: DEVICE=cuda does not work, since libcublasLt.so.[0-9]* is missing' cuda --env LD_LIBRARY_PATH=

step 'with a driver that knows no GPU: all libraries are loaded, and CUDA itself answers'
mkdir "$work/driver"
printf 'int %s(void) { return 100; }\n' cuTensorMapEncodeTiled cuInit cuDriverGetVersion cuGetProcAddress_v2 |
  cc -shared -fPIC -Wl,-soname,libcuda.so.1 -o "$work/driver/libcuda.so.1" -x c -
expect 'DeviceError: DEVICE=cuda does not work, since CUDA reports "' cuda \
  --volume "$work/driver:/driver:ro" --env LD_LIBRARY_PATH=/usr/local/cuda/lib:/driver
