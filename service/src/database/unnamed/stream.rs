//! Bytes on their way to and from the server.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::translator::Translator;

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// How much may wait to be sent before nothing more is taken.
const FULL: usize = 256 * 1024;

/// A connection to the server.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Wire for T {}

/// A connection that tells the driver's messages without names.
pub(super) struct Unnamed {
    wire: Box<dyn Wire>,
    translator: Translator,
    /// Of the driver, not yet a whole message.
    taken: BytesMut,
    /// For the server.
    sending: BytesMut,
    /// Of the server, not yet looked at.
    heard: BytesMut,
    /// For the driver.
    answers: BytesMut,
    chunk: Box<[u8]>,
}

impl Unnamed {
    pub(super) fn over(wire: Box<dyn Wire>) -> Self {
        Self {
            wire,
            translator: Translator::new(),
            taken: BytesMut::new(),
            sending: BytesMut::new(),
            heard: BytesMut::new(),
            answers: BytesMut::new(),
            chunk: vec![0; CHUNK].into_boxed_slice(),
        }
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.sending.is_empty() {
            let sent = ready!(Pin::new(&mut self.wire).poll_write(context, &self.sending))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sending.advance(sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Unnamed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.sending.len() >= FULL {
            ready!(self.poll_send(context))?;
        }
        let this = &mut *self;
        this.taken.extend_from_slice(bytes);
        this.translator.forward(&mut this.taken, &mut this.sending)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.wire).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.wire).poll_shutdown(context)
    }
}

impl AsyncRead for Unnamed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.answers.is_empty() {
            let mut chunk = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.wire).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.heard.extend_from_slice(chunk.filled());
            this.translator.backward(&mut this.heard, &mut this.answers);
        }
        let fits = this.answers.len().min(into.remaining());
        into.put_slice(&this.answers.split_to(fits));
        Poll::Ready(Ok(()))
    }
}

/// A connection that could not be made.
pub(super) struct Broken(pub(super) Option<io::Error>);

impl Broken {
    fn error(&mut self) -> io::Error {
        self.0.take().unwrap_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.error()))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(self.error()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.error()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
