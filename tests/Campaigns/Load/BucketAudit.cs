using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Sites;

namespace OrthancCloudFs.Campaigns.Load;

/// <summary>Compares what is in the bucket with Orthanc's index and with what the clients were told, when everything has come to rest.</summary>
internal sealed class BucketAudit(Site site, Ledger ledger, CampaignReport report)
{
    /// <summary>A request that may still arrive at the bucket is waited for, and what fails is tried again after up to 5 minutes.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits until the mount has done all that it has acknowledged.</summary>
    public Task DrainAsync() => AwaitAsync(static status => status.PendingUploads + status.PendingDeletes);

    /// <summary>Waits until all that the mount has acknowledged is in the bucket.</summary>
    public Task DrainUploadsAsync() => AwaitAsync(static status => status.PendingUploads);

    /// <summary>Reads every object, and finds a reason for each that Orthanc does not know. Orthanc is stopped.</summary>
    public async Task VerifyAsync()
    {
        CommandResult index = await ExternalProgram.RunAsync("sqlite3", site.IndexFile, "select uuid from AttachedFiles");
        HashSet<string> known = Lines(index.Succeeded("sqlite3").Output);
        CommandResult list = await CloudFsProgram.RunAsync("list", "--config", site.Configuration);
        HashSet<string> present = [.. Lines(list.Succeeded("list").Output).Select(static line => line.Split('\t')[0])];
        foreach (string lost in known.Except(present, StringComparer.Ordinal))
            report.AddFinding($"attachment {lost} is in Orthanc's index and not in the bucket");
        int objects = (await site.Bucket.KeysAsync()).Count;
        if (objects != present.Count)
            report.AddFinding($"{objects} objects are in the bucket for {present.Count} attachments");
        foreach (string attachment in present)
            await VerifyObjectAsync(attachment, known.Contains(attachment));
        await VerifyUploadsAsync();
    }

    private async Task AwaitAsync(Func<CloudFsStatus, int> pending)
    {
        long began = Environment.TickCount64;
        CloudFsStatus status = await site.StatusAsync();
        while (pending(status) > 0)
        {
            if (Environment.TickCount64 - began > DrainPatience.TotalMilliseconds)
            {
                report.AddFinding($"after {DrainPatience}, {status.PendingDeletes} deletes and {status.PendingUploads} uploads are still pending");
                return;
            }

            await Task.Delay(Pause);
            status = await site.StatusAsync();
        }
    }

    /// <summary>One that holds nothing was begun, and nobody got the answer with its name (docs/buckets.md).</summary>
    private async Task VerifyUploadsAsync()
    {
        int empty = await site.Bucket.CountEmptyUploadsAsync();
        for (int i = 0; i < empty; i++)
            report.CountOrphan("an upload in parts that was begun without an answer, and holds nothing");
        if (await site.Bucket.CountUploadsAsync() - empty is > 0 and int uploads)
            report.AddFinding($"{uploads} uploads in parts are neither completed nor aborted");
    }

    private static HashSet<string> Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private async Task VerifyObjectAsync(string attachment, bool isKnown)
    {
        string checksum;
        try
        {
            checksum = Ledger.ChecksumOf(await File.ReadAllBytesAsync(site.PathOf(attachment)));
        }
        catch (IOException e)
        {
            report.AddFinding($"the object of attachment {attachment}, which Orthanc {(isKnown ? "knows" : "does not know")}, does not open: {e.Message}");
            return;
        }

        TrackedInstance? instance = ledger.Find(checksum);
        if (instance is null)
            report.AddFinding($"attachment {attachment} holds nothing that was ever sent");
        else if (!isKnown)
            Explain(attachment, instance);
    }

    /// <summary>What a store or a delete left that was under way at a kill; everything else is a finding.</summary>
    private void Explain(string attachment, TrackedInstance instance)
    {
        // Orthanc writes a file first and its index last, and deletes in the other order. Killed in between, it leaves the file; and it
        // does not tell anybody that it could not remove one.
        const Victims Orthancs = Victims.Orthanc | Victims.Mount;
        switch (instance.State)
        {
            case InstanceState.NotAcknowledged when (instance.Disturbed & Orthancs) != Victims.None:
                report.CountOrphan($"stored but never in the index: killed in between ({instance.Disturbed})");
                break;
            case InstanceState.Deleting when (instance.Disturbed & Orthancs) != Victims.None:
                report.CountOrphan($"out of the index but never unlinked: killed in between ({instance.Disturbed})");
                break;
            case InstanceState.Deleted when (instance.Disturbed & Victims.Mount) != Victims.None:
                report.CountOrphan($"out of the index, and Orthanc ignored that it could not unlink ({instance.Disturbed})");
                break;
            default:
                report.AddFinding(
                    $"attachment {attachment} is in the bucket and not in Orthanc's index; {instance} is {instance.State}, and {instance.Disturbed} was away");
                break;
        }
    }
}
