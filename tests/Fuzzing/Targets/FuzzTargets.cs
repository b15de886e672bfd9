namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>All of them by name.</summary>
internal static class FuzzTargets
{
    private static readonly Dictionary<string, Func<FuzzTarget>> Makers = new(StringComparer.Ordinal)
    {
        ["envelope"] = () => new EnvelopeTarget(),
        ["envelope-authentic"] = () => new AuthenticEnvelopeTarget(),
        ["configuration"] = () => new ConfigurationTarget(),
        ["journal"] = () => new JournalTarget(),
        ["deletes"] = () => new DeletesTarget(),
        ["uploads"] = () => new UploadsTarget(),
        ["dicom"] = () => new DicomTarget(),
        ["fuse"] = () => new FuseTarget(),
        ["s3"] = () => new S3Target(),
        ["azure"] = () => new AzureTarget(),
        ["google"] = () => new GoogleTarget(),
    };

    /// <summary>
    /// The assemblies whose branches lead the search, each with prefixes of the full names of types, separated by spaces; without a prefix
    /// all of it. Of the SDKs that is what reads answers.
    /// </summary>
    public static IReadOnlyList<string> Instrumented { get; } =
    [
        "OrthancCloudFs.Envelope.dll",
        "OrthancCloudFs.Configuration.dll",
        "OrthancCloudFs.Attachments.dll OrthancCloudFs.Attachments.Journal OrthancCloudFs.Attachments.Deletes OrthancCloudFs.Attachments.AttachmentId OrthancCloudFs.Attachments.Layout",
        "FuseServer.dll",
        "OrthancCloudFs.Buckets.dll",
        "AWSSDK.S3.dll Amazon.S3.Model.Internal",
        "AWSSDK.Core.dll Amazon.Runtime.Internal.Transform Amazon.Runtime.Internal.HttpErrorResponseExceptionHandler Amazon.Runtime.Internal.Unmarshaller",
        "Azure.Storage.Blobs.dll Azure.Storage.Blobs.Models Azure.Storage.Blobs.BlobRestClient Azure.Storage.Blobs.BlockBlobRestClient Azure.Storage.Blobs.ContainerRestClient Azure.Storage.Blobs.BlobExtensions",
    ];

    public static IEnumerable<string> Names => Makers.Keys;

    /// <returns>Null where there is none of that name.</returns>
    public static FuzzTarget? Create(string name) => Makers.TryGetValue(name, out Func<FuzzTarget>? make) ? make() : null;
}
