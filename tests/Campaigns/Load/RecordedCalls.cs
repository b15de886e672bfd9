using OrthancCloudFs.TestKit.Orthanc;

namespace OrthancCloudFs.Campaigns.Load;

/// <summary>
/// Calls of Orthanc, of which the ledger and the report are told how they ended. Each returns why Orthanc refused it or did not answer; null
/// when it did as it was asked.
/// </summary>
internal sealed class RecordedCalls(OrthancRest rest, Ledger ledger, CampaignReport report)
{
    /// <param name="file">That nobody sent before.</param>
    /// <param name="disturbed">Asked when the call has ended: what was away during it.</param>
    public async Task<Exception?> StoreAsync(DicomInstance file, Func<Victims> disturbed)
    {
        TrackedInstance instance = ledger.BeginStore(file.Bytes);
        try
        {
            string id = await rest.StoreAsync(file);
            ledger.Stored(instance, id, disturbed());
            report.CountStored();
            return null;
        }
        catch (Exception e) when (OrthancCall.IsRefusal(e))
        {
            ledger.NotAcknowledged(instance, disturbed());
            return e;
        }
    }

    /// <param name="instance">Taken from the ledger for that, and given back.</param>
    /// <param name="onDifference">Told of a file that is not what was stored.</param>
    public async Task<Exception?> ReadAsync(TrackedInstance instance, Action<byte[]> onDifference)
    {
        try
        {
            byte[] file = await rest.FileAsync(instance.Id!);
            if (Ledger.ChecksumOf(file) != instance.Checksum)
                onDifference(file);
            report.CountRead();
            return null;
        }
        catch (Exception e) when (OrthancCall.IsRefusal(e))
        {
            return e;
        }
        finally
        {
            ledger.EndRead(instance);
        }
    }

    /// <param name="instance">Taken from the ledger for that.</param>
    /// <param name="disturbed">Asked when the call has ended: what was away during it.</param>
    public async Task<Exception?> DeleteAsync(TrackedInstance instance, Func<Victims> disturbed)
    {
        try
        {
            await rest.DeleteInstanceAsync(instance.Id!);
            ledger.EndDelete(instance, isAcknowledged: true, disturbed());
            report.CountDeleted();
            return null;
        }
        catch (Exception e) when (OrthancCall.IsRefusal(e))
        {
            ledger.EndDelete(instance, isAcknowledged: false, disturbed());
            return e;
        }
    }
}
