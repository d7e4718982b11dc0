# Results for the notebook, in every format that Vielbein writes.
set -e
npx vielbein basis sample --samples 4 --seed 1 --k 16 --out bases.npz --directions-out directions.safetensors
npx vielbein survey plan sample --what dimension --samples 4 --seed 1 --shard-size 4 --out survey
npx vielbein survey run survey --jobs 1
npx vielbein derive sample --mode jvp --out derivative.onnx
