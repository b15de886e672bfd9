using System.Net;
using System.Net.Http.Headers;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>A body that can be sent again, as it must be after a renewed token; from some place of its source to the end.</summary>
internal sealed class UploadContent : HttpContent
{
    private readonly UploadStream _body;
    private readonly long _offset;

    /// <param name="body">Not disposed with this.</param>
    /// <param name="contentType">Null for none.</param>
    /// <param name="offset">Of the first byte that is sent.</param>
    internal UploadContent(UploadStream body, string? contentType, long offset = 0)
    {
        (_body, _offset) = (body, offset);
        if (contentType is not null)
            Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _body.Position = _offset;
        return _body.CopyToAsync(stream, 128 << 10, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length - _offset;
        return true;
    }
}
