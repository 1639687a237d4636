//! The part of the ONNX file format that the encoder needs, as protocol-buffer messages. Field
//! numbers are those of `onnx.proto` (ONNX IR version 8), whose repeated numbers are not packed.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct Model {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(string, tag = "2")]
    pub producer_name: String,
    #[prost(string, tag = "3")]
    pub producer_version: String,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSet>,
}

#[derive(Clone, PartialEq, Message)]
pub struct OperatorSet {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

impl OperatorSet {
    pub fn new(domain: &str, version: i64) -> OperatorSet {
        OperatorSet {
            domain: domain.into(),
            version,
        }
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Node {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, tag = "2")]
    pub f: f32,
    #[prost(int64, tag = "3")]
    pub i: i64,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub ints: Vec<i64>,
    /// 1 float, 2 int, 7 ints.
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

impl Attribute {
    pub fn float(name: &str, f: f32) -> Attribute {
        Attribute {
            name: name.into(),
            f,
            kind: 1,
            ..Default::default()
        }
    }

    pub fn int(name: &str, i: i64) -> Attribute {
        Attribute {
            name: name.into(),
            i,
            kind: 2,
            ..Default::default()
        }
    }

    pub fn ints(name: &str, ints: &[i64]) -> Attribute {
        Attribute {
            name: name.into(),
            ints: ints.to_vec(),
            kind: 7,
            ..Default::default()
        }
    }
}

/// Element types, by their numbers in the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    Float = 1,
    Uint8 = 2,
    Int8 = 3,
    Int64 = 7,
}

#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(string, tag = "8")]
    pub name: String,
    /// Little-endian.
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
}

impl Tensor {
    fn new(data_type: DataType, shape: &[usize], raw_data: Vec<u8>) -> Tensor {
        Tensor {
            dims: shape.iter().map(|s| *s as i64).collect(),
            data_type: data_type as i32,
            name: String::new(),
            raw_data,
        }
    }

    pub fn floats(shape: &[usize], values: &[f32]) -> Tensor {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Tensor::new(DataType::Float, shape, bytes)
    }

    pub fn uint8(shape: &[usize], values: &[u8]) -> Tensor {
        Tensor::new(DataType::Uint8, shape, values.to_vec())
    }

    pub fn int8(shape: &[usize], values: &[i8]) -> Tensor {
        let bytes = values.iter().map(|v| v.cast_unsigned()).collect();
        Tensor::new(DataType::Int8, shape, bytes)
    }

    pub fn int64(shape: &[usize], values: &[i64]) -> Tensor {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Tensor::new(DataType::Int64, shape, bytes)
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub value_type: Option<ValueType>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueType {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    #[prost(int32, tag = "1")]
    pub element: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub dimension: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
    #[prost(oneof = "Size", tags = "1, 2")]
    pub size: Option<Size>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Size {
    #[prost(int64, tag = "1")]
    Fixed(i64),
    #[prost(string, tag = "2")]
    Named(String),
}

impl Dimension {
    pub fn fixed(size: i64) -> Dimension {
        Dimension {
            size: Some(Size::Fixed(size)),
        }
    }

    pub fn named(name: &str) -> Dimension {
        Dimension {
            size: Some(Size::Named(name.into())),
        }
    }
}

impl ValueInfo {
    pub fn new(name: &str, element: DataType, dimension: Vec<Dimension>) -> ValueInfo {
        ValueInfo {
            name: name.into(),
            value_type: Some(ValueType {
                tensor: Some(TensorType {
                    element: element as i32,
                    shape: Some(Shape { dimension }),
                }),
            }),
        }
    }
}
