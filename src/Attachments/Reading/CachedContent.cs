using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// A committed attachment in staging memory: kept while somebody has it open, and after that until room is needed. Content that was just
/// committed is still sealed and is opened, in place, when it is first asked for.
/// </summary>
internal sealed class CachedContent(
    AttachmentInfo info, StagedContent content, long reserved, SealedObject? sealedObject, IEnvelope? envelope)
{
    private readonly Lock _opening = new();
    private SealedObject? _sealed = sealedObject;
    private AttachmentException? _failure;

    public AttachmentInfo Info => info;

    /// <summary>Bytes of staging memory held.</summary>
    public long Reserved => reserved;

    public StagedContent Content => content;

    /// <summary>How many have it open; guarded by <see cref="ContentCache"/>.</summary>
    public int Pins { get; set; }

    /// <summary>No longer found by its name; guarded by <see cref="ContentCache"/>.</summary>
    public bool IsDetached { get; set; }

    public LinkedListNode<CachedContent>? UnpinnedNode { get; set; }

    /// <summary>Makes the plain content readable; does nothing when it is.</summary>
    /// <exception cref="AttachmentException"><see cref="AttachmentError.Unreadable"/>; the content has been cleared.</exception>
    public void EnsureOpened()
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
                _failure = ObjectForm.Unreadable(info.Key, e.Message, e);
                throw _failure;
            }
        }
    }
}
