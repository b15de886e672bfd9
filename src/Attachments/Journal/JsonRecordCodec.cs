using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>Entries as one JSON object each. Never throws on a record, whatever its bytes.</summary>
/// <typeparam name="TEntry">As for <see cref="IRecordCodec{TEntry}"/>.</typeparam>
/// <typeparam name="TRecord">What is written: an entry, and whether it is taken back.</typeparam>
/// <param name="type">How it is written.</param>
internal abstract class JsonRecordCodec<TEntry, TRecord>(JsonTypeInfo<TRecord> type) : IRecordCodec<TEntry>
    where TEntry : class
    where TRecord : class
{
    /// <inheritdoc/>
    public virtual byte[]? Marker => null;

    /// <inheritdoc/>
    public abstract string NameOf(TEntry entry);

    /// <inheritdoc/>
    public byte[] Format(TEntry entry, bool isDone) => JsonSerializer.SerializeToUtf8Bytes(ToRecord(entry, isDone), type);

    /// <inheritdoc/>
    public bool TryParse(byte[] record, out TEntry entry, out bool isDone, out string reason)
    {
        (entry, isDone, reason) = (null!, false, "it names no object");
        try
        {
            return JsonSerializer.Deserialize(record, type) is { } read && TryFromRecord(read, out entry, out isDone, ref reason);
        }
        catch (JsonException e)
        {
            reason = e.Message;
            return false;
        }
    }

    /// <summary>What is written down.</summary>
    protected abstract TRecord ToRecord(TEntry entry, bool isDone);

    /// <summary>Makes sense of what was read; false, and perhaps a better reason, where there is none in it.</summary>
    protected abstract bool TryFromRecord(TRecord read, out TEntry entry, out bool isDone, ref string reason);
}
