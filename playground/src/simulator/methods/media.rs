//! Photos and documents: uploaded, named by a file id, or by an address. Only their size is kept.

use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::chats::{Draft, Media};
use crate::simulator::params::{Params, UPLOAD_LIMIT};
use crate::simulator::{Simulator, locked};

use super::messages::{caption, post};

/// The largest photo, in bytes.
const PHOTO_LIMIT: usize = 10 << 20;

/// A file that was not here before.
struct New {
    name: String,
    mime_type: Option<String>,
    size: usize,
}

pub(super) fn send_photo(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let media = match File::of(simulator, params, "photo", PHOTO_LIMIT)? {
        File::New(file) => Media::photo(simulator.state.file_id(), file.size),
        File::Known(media @ Media::Photo { .. }) => media,
        File::Known(Media::Document { .. }) => {
            return Err(ApiError::bad("can't use file of type Document as Photo"));
        }
    };
    send(simulator, params, media)
}

pub(super) fn send_document(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let media = match File::of(simulator, params, "document", UPLOAD_LIMIT)? {
        File::New(file) => Media::Document {
            file_id: simulator.state.file_id(),
            name: file.name,
            mime_type: file.mime_type,
            size: file.size,
        },
        File::Known(media @ Media::Document { .. }) => media,
        File::Known(Media::Photo { .. }) => {
            return Err(ApiError::bad("can't use file of type Photo as Document"));
        }
    };
    send(simulator, params, media)
}

fn send(simulator: &Simulator, params: &Params, media: Media) -> Result<Answer, ApiError> {
    let text = caption(simulator, params)?;
    let chat_id = params.chat_id()?;
    locked(&simulator.state.files).keep(&media);
    let draft = Draft {
        text,
        media: Some(media),
        ..Draft::default()
    };
    post(simulator, params, chat_id, draft)
}

enum File {
    New(New),
    Known(Media),
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
            return Ok(Self::New(New {
                name: upload.name.clone(),
                mime_type: upload.content_type.clone(),
                size: upload.size,
            }));
        }
        let named = params.text(kind).unwrap_or_default();
        if named.is_empty() || named.starts_with("attach://") {
            return Err(ApiError::bad(format!("there is no {kind} in the request")));
        }
        if named.starts_with("http://") || named.starts_with("https://") {
            return Ok(Self::New(New {
                name: named.rsplit('/').next().unwrap_or_default().to_owned(),
                mime_type: None,
                size: 0,
            }));
        }
        let known = locked(&simulator.state.files).get(&named);
        known
            .map(Self::Known)
            .ok_or_else(|| ApiError::bad("wrong file identifier/HTTP URL specified"))
    }
}
