using System.Xml;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace OrthancCloudFs.Buckets.Azure;

/// <summary>
/// Keeps XML with a document type from the SDK, which would expand the entities that it declares: an answer of some hundred bytes could take
/// tens of megabytes. Azure sends none.
/// </summary>
internal sealed class DocumentTypeGuard : HttpPipelinePolicy
{
    private static readonly XmlReaderSettings NoDocumentType = new() { DtdProcessing = DtdProcessing.Prohibit };

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
        var answer = message.Response;
        if (!HoldsXml(message) || answer.ContentStream is not { } content)
            return;
        if (!content.CanSeek)
        {
            // The SDK would do that too, later.
            var buffer = new MemoryStream();
            await content.CopyToAsync(buffer, message.CancellationToken).ConfigureAwait(false);
            await content.DisposeAsync().ConfigureAwait(false);
            answer.ContentStream = content = buffer;
        }
        Check(answer, content);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: this program asks asynchronously.</exception>
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

    /// <summary>What the SDK reads as XML: a body that it holds in memory, or a failure that says so. A download is neither.</summary>
    private static bool HoldsXml(HttpMessage message) => message.Response.IsError
        ? message.Response.Headers.ContentType?.Contains("xml", StringComparison.OrdinalIgnoreCase) == true
        : message is { BufferResponse: true, Response.ContentStream.Length: > 0 };

    private static void Check(Response answer, Stream content)
    {
        content.Position = 0;
        try
        {
            using var reader = XmlReader.Create(content, NoDocumentType);
            reader.MoveToContent();
        }
        catch (XmlException failure)
        {
            if (!answer.IsError)
                throw new BucketException(BucketErrorKind.ProviderFailure, $"the endpoint's answer is not Azure's XML: {failure.Message}", failure);
            answer.ContentStream = null; // status and headers say enough
            return;
        }
        content.Position = 0;
    }
}
