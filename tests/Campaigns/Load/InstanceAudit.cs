using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.Campaigns.Load;

/// <summary>Compares what Orthanc has with what the clients were told, while everything runs.</summary>
internal sealed class InstanceAudit(OrthancRest rest, Ledger ledger, CampaignReport report)
{
    /// <summary>How long a read may fail after a restart: connections to a gateway that has gone are found out one by one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Also on a machine so busy that one attempt takes all of that time.</summary>
    private const int FewestAttempts = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private static readonly ParallelOptions InParallel = new() { MaxDegreeOfParallelism = 6 };

    /// <summary>Reads instances, which were taken from the ledger for that, and gives them back.</summary>
    public Task VerifyAsync(IEnumerable<TrackedInstance> instances) => Parallel.ForEachAsync(instances, InParallel, async (instance, _) =>
    {
        try
        {
            (byte[]? file, string reason) = await TryReadAsync(instance.Id!);
            if (file is null)
                report.AddFinding($"{instance} was acknowledged and cannot be read: {reason} (stored with {instance.Disturbed} away)");
            else if (Ledger.ChecksumOf(file) != instance.Checksum)
                report.AddFinding($"{instance} was acknowledged and is something else, of {file.Length} bytes");
            else
                report.CountVerified();
        }
        finally
        {
            ledger.EndRead(instance);
        }
    });

    /// <summary>Reads all that Orthanc has. Nobody may store or delete meanwhile.</summary>
    public async Task VerifyAllAsync()
    {
        HashSet<string> present = [.. await rest.InstancesAsync()];
        IReadOnlyList<TrackedInstance> acknowledged = ledger.BeginReadOfAll();
        foreach (TrackedInstance lost in acknowledged.Where(instance => !present.Contains(instance.Id!)))
            report.AddFinding($"{lost} was acknowledged and is not in Orthanc's index (stored with {lost.Disturbed} away)");
        await VerifyAsync(acknowledged);
        present.ExceptWith(acknowledged.Select(static instance => instance.Id!));
        await Parallel.ForEachAsync(present, InParallel, async (id, _) => await VerifyUnconfirmedAsync(id));
    }

    /// <summary>What Orthanc has although nobody was told so must be whole all the same, and not deleted.</summary>
    private async Task VerifyUnconfirmedAsync(string id)
    {
        (byte[]? file, string reason) = await TryReadAsync(id);
        if (file is null)
            report.AddFinding($"instance {id}, which nobody was told of, is in Orthanc's index and cannot be read: {reason}");
        else if (ledger.Find(Ledger.ChecksumOf(file)) is not { } instance)
            report.AddFinding($"instance {id} is nothing that was ever sent");
        else if (instance.State == InstanceState.Deleted)
            report.AddFinding($"{instance} was acknowledged as deleted and is still in Orthanc's index");
        else
            report.CountVerified();
    }

    /// <summary>The file, or why there is none.</summary>
    private async Task<(byte[]? File, string Reason)> TryReadAsync(string id)
    {
        long began = Environment.TickCount64;
        for (int attempt = 1; true; attempt++)
        {
            try
            {
                return (await rest.FileAsync(id), "");
            }
            catch (Exception e) when (OrthancCall.IsRefusal(e))
            {
                if (attempt >= FewestAttempts && Environment.TickCount64 - began > Patience.TotalMilliseconds)
                    return (null, e.Message);
                await Task.Delay(Pause);
            }
        }
    }
}
