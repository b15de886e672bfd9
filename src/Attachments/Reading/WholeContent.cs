using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// An attachment that is in staging memory as a whole. One that was just committed is still sealed and is opened, in place, when it is
/// first asked for.
/// </summary>
internal sealed class WholeContent(
    AttachmentInfo info, StagedContent content, long reserved, SealedObject? sealedObject, IEnvelope? envelope) : CachedContent(info, reserved)
{
    private readonly Lock _opening = new();
    private SealedObject? _sealed = sealedObject;
    private AttachmentException? _failure;

    public override StagedContent? Whole => content;

    public override bool IsOpened
    {
        get
        {
            lock (_opening)
                return _sealed is null && _failure is null;
        }
    }

    /// <inheritdoc/>
    public override void EnsureOpened()
    {
        lock (_opening)
        {
            if (_failure is not null)
                throw _failure;
            if (_sealed is not { } stored)
                return;
            try
            {
                envelope!.Open(stored.Header, content.GetSegments(), stored.Trailer);
                _sealed = null;
            }
            catch (EnvelopeException e)
            {
                _failure = ObjectForm.Unreadable(Info.Key, e.Message, e);
                throw _failure;
            }
        }
    }

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellationToken) =>
        ValueTask.FromResult(content.Read(offset, into.Span));

    public override void Free() => content.Dispose();
}
