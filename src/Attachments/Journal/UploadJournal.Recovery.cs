using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Buckets.Local;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>What an earlier process left.</summary>
public sealed partial class UploadJournal
{
    private async Task RecoverAsync()
    {
        HashSet<long> files = [.. ObjectFile.NumbersIn(_directory)];
        _lastNumber = _codec.HighestNumber;
        foreach (PendingUpload upload in _table.Entries)
        {
            bool hasFile = files.Remove(upload.Number);
            if (IsDeleted(upload))
            {
                // A crash came between the two halves of its deletion, or it was uploaded and then deleted while its record was still there.
                // First the record: a file alone is not taken for a loss.
                await _table.RemoveAsync(upload).ConfigureAwait(false);
                ObjectFile.TryDelete(PathOf(upload));
                continue;
            }

            Resume(upload, hasFile);
        }

        await AdoptAsync(files).ConfigureAwait(false);
        TakeOverUnfinished();
        if (_byNumber.Count > 0)
            LogResumed(_byNumber.Count, _bytes);
    }

    /// <summary>A name is free again only when its deletes are confirmed, so what is to be deleted is no younger than the delete.</summary>
    private bool IsDeleted(PendingUpload upload) =>
        _deletes.HiddenOf(upload.Id) is { } hidden && hidden.OnlyWithHeader?.Contains(upload.HeaderSha256, StringComparer.Ordinal) != false;

    private void Resume(PendingUpload upload, bool hasFile)
    {
        if (_byNumber.ContainsKey(upload.Number) || _byId.ContainsKey(upload.Id))
        {
            LogContradiction(_directory, upload.Id, upload.Key);
            return;
        }

        if (!hasFile)
            LogFileMissing(PathOf(upload), upload.Id, upload.Key);
        Insert(new Entry(upload, mayBeSent: true));
        _bytes += upload.Length;
    }

    /// <summary>
    /// A file that no record names was never acknowledged, unless the log is damaged, or lost its end: then a file that says itself what it
    /// is is taken in again. If the bucket has it already, that is found out when it is uploaded.
    /// </summary>
    private async Task AdoptAsync(HashSet<long> files)
    {
        if (_table.IsNew && files.Count > 0)
            LogLogMissing(Path.Combine(_directory, LogName));
        foreach (long number in files.Order())
        {
            string path = ObjectFile.PathOf(_directory, number);
            _lastNumber = Math.Max(_lastNumber, number);
            PendingUpload? upload = Identify(path, number);
            bool isKnown = !_table.IsIncomplete && (upload is null || number <= _codec.HighestNumber);
            if (isKnown || (upload is not null && IsDeleted(upload)))
            {
                LogUnfinished(path);
                ObjectFile.TryDelete(path);
                continue;
            }

            if (upload is null || _byId.ContainsKey(upload.Id))
            {
                string kept = path + ".damaged";
                DirectorySync.Replace(path, kept);
                LogUnusable(kept);
                continue;
            }

            await _table.AddAsync(upload).ConfigureAwait(false);
            Resume(upload, hasFile: true);
            LogAdopted(path, upload.Id, upload.Key);
        }
    }

    private PendingUpload? Identify(string path, long number)
    {
        return ObjectFile.TryReadRecord(path) is { } record
            && new UploadCodec().TryParse(record, out PendingUpload upload, out bool isDone, out _) && !isDone && upload.Number == number
            ? upload
            : null;
    }

    /// <summary>Uploads in parts that an earlier process began are dropped when their object's turn comes, not beside its next upload.</summary>
    private void TakeOverUnfinished()
    {
        foreach (PendingDelete delete in _deletes.Written.Where(delete => delete.DropsUploadOnly))
        {
            if (_byKey.TryGetValue(delete.Key, out Entry? entry) && entry.Unfinished is null)
            {
                entry.Unfinished = delete;
                _deletes.Withdraw(delete);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal holds {Count} objects, {Bytes} bytes, that are uploaded now")]
    private partial void LogResumed(int count, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Directory}: two records speak of attachment {Attachment} at {Key}; the first one is used")]
    private partial void LogContradiction(string directory, AttachmentId attachment, string key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} is missing: unless the bucket has attachment {Attachment} at {Key} already, it is lost")]
    private partial void LogFileMissing(string path, AttachmentId attachment, string key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} is missing or empty: what is beside it is used, and what else it named is not known")]
    private partial void LogLogMissing(string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Path} is removed: it was not acknowledged, or is in the bucket, or was deleted")]
    private partial void LogUnfinished(string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} is in no record, and does not say itself what it is: a write that was not acknowledged, or a damage; it is kept, and not used")]
    private partial void LogUnusable(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path}: its record is lost; by its own it is attachment {Attachment} at {Key}, and is uploaded")]
    private partial void LogAdopted(string path, AttachmentId attachment, string key);
}
