//! Write a model folder's int8 `model.onnx` anew from its `model.safetensors`, after a change of
//! the export: `cargo run --release --features torch --example quantise -- models/stance-minilm`

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .ok_or_else(|| anyhow::anyhow!("name a model folder"))?;
    summit_stance::training::save::quantise(folder.as_ref())
}
