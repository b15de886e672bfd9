using System.Diagnostics.Metrics;
using System.Text.Json;

namespace OrthancCloudFs.Attachments;

/// <summary>What is published of failed attachments; names and labels are documented in docs/metrics.md.</summary>
public static class AttachmentMeter
{
    /// <summary>The name of the meter, for exporters.</summary>
    public const string Name = "OrthancCloudFs.Attachments";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> CommitFailures = Meter.CreateCounter<long>(
        "orthanc_cloudfs.commit.failures", "{attachment}", "Attachments that were written and did not become an object.");

    private static readonly Counter<long> OpenFailures = Meter.CreateCounter<long>(
        "orthanc_cloudfs.open.failures", "{attachment}", "Opens of attachments that failed.");

    private static readonly string[] Kinds = [.. Enum.GetNames<AttachmentError>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    internal static void CountCommitFailure(AttachmentError error) => CommitFailures.Add(1, KindOf(error));

    internal static void CountOpenFailure(AttachmentError error) => OpenFailures.Add(1, KindOf(error));

    private static KeyValuePair<string, object?> KindOf(AttachmentError error) => new("kind", Kinds[(int)error]);
}
