//! The web app, out of the relay's own binary.

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../client/web/dist"]
#[allow_missing = true]
struct WebApp;

/// A file of the web app; its page for `/`.
pub(super) async fn serve(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    match WebApp::get(path) {
        Some(file) => {
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            // Names under assets/ hold a digest of their content, so they never change.
            let caching =
                if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            let headers = [
                (header::CONTENT_TYPE, kind.as_ref().to_owned()),
                (header::CACHE_CONTROL, caching.to_owned()),
            ];
            (headers, file.data).into_response()
        }
        None if path == "index.html" => {
            let message = "this relay was built without its web app: run scripts/build";
            (StatusCode::NOT_FOUND, message).into_response()
        }
        None => (StatusCode::NOT_FOUND, "there is no such file").into_response(),
    }
}
