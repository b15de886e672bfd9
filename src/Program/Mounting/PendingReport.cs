using OrthancCloudFs.Attachments;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>How people are told of what the bucket has not confirmed when the mount ends.</summary>
internal static class PendingReport
{
    /// <summary>One line, such as "unmounted /srv/storage, but 3 deletes are still pending and go on with the next mount".</summary>
    public static string Line(string mountPoint, PendingWork pending)
    {
        (bool isOne, string what) = pending switch
        {
            { Uploads: 0 } => (pending.Deletes == 1, Count(pending.Deletes, "delete")),
            { Deletes: 0 } => (pending.Uploads == 1, Count(pending.Uploads, "upload")),
            _ => (false, $"{Count(pending.Deletes, "delete")} and {Count(pending.Uploads, "upload")}"),
        };
        return $"unmounted {mountPoint}, but {what} {(isOne ? "is still pending and goes" : "are still pending and go")} on with the next mount";
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
