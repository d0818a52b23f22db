//! Photos and documents: uploaded, named by a file id, or by an address. Only their size is kept.

use crate::simulator::Simulator;
use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::chats::{Draft, Media};
use crate::simulator::params::{Params, UPLOAD_LIMIT};

use super::messages::{caption, post};

/// The largest photo, in bytes.
const PHOTO_LIMIT: usize = 10 << 20;

pub(super) fn send_photo(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let file = File::of(simulator, params, "photo", PHOTO_LIMIT)?;
    send(simulator, params, Media::photo(file.id, file.size))
}

pub(super) fn send_document(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let file = File::of(simulator, params, "document", UPLOAD_LIMIT)?;
    let File {
        id: file_id,
        name,
        mime_type,
        size,
    } = file;
    send(
        simulator,
        params,
        Media::Document {
            file_id,
            name,
            mime_type,
            size,
        },
    )
}

fn send(simulator: &Simulator, params: &Params, media: Media) -> Result<Answer, ApiError> {
    let text = caption(simulator, params)?;
    let draft = Draft {
        text,
        media: Some(media),
        ..Draft::default()
    };
    post(simulator, params, params.chat_id()?, draft)
}

struct File {
    id: String,
    name: String,
    mime_type: Option<String>,
    size: usize,
}

impl File {
    fn of(
        simulator: &Simulator,
        params: &Params,
        kind: &str,
        limit: usize,
    ) -> Result<Self, ApiError> {
        if let Some(upload) = params.upload(kind) {
            if upload.size == 0 {
                return Err(ApiError::bad("file must be non-empty"));
            }
            if upload.size > limit {
                return Err(ApiError::too_large());
            }
            return Ok(Self {
                id: simulator.state.file_id(),
                name: upload.name.clone(),
                mime_type: upload.content_type.clone(),
                size: upload.size,
            });
        }
        let named = params.text(kind).filter(|named| !named.is_empty());
        let named =
            named.ok_or_else(|| ApiError::bad(format!("there is no {kind} in the request")))?;
        if named.starts_with("attach://") {
            return Err(ApiError::bad(format!("there is no {kind} in the request")));
        }
        let name = named.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self {
            id: simulator.state.file_id(),
            name,
            mime_type: None,
            size: 0,
        })
    }
}
