using OrthancCloudFs.Attachments;

namespace OrthancCloudFs.Tree;

/// <summary>
/// How many entries the folders have that were listed through the tree a moment ago, so that <c>rm -r</c> can remove a folder that it
/// emptied without another listing. Removing a hash folder changes nothing in the bucket, so an outdated count does no harm.
/// </summary>
internal sealed class DirectoryKnowledge(TimeProvider time)
{
    private const int Most = 4096;

    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<HashDirectory, (long Entries, long ListedAt)> _byDirectory = [];

    /// <summary>A folder was listed to its end.</summary>
    public void Listed(HashDirectory directory, long entries)
    {
        lock (_lock)
        {
            if (_byDirectory.Count >= Most && !_byDirectory.ContainsKey(directory))
                _byDirectory.Clear();
            _byDirectory[directory] = (entries, time.GetTimestamp());
        }
    }

    /// <summary>A folder of attachments has one entry more, and the folder above may have.</summary>
    public void Added(HashDirectory directory)
    {
        Change(directory, +1);
        lock (_lock)
            _byDirectory.Remove(HashDirectory.First(directory.FirstByte));
    }

    /// <summary>A folder has one entry less.</summary>
    public void Removed(HashDirectory directory) => Change(directory, -1);

    /// <summary>True when a recent listing and the changes since leave nothing.</summary>
    public bool IsEmpty(HashDirectory directory)
    {
        lock (_lock)
        {
            return _byDirectory.TryGetValue(directory, out (long Entries, long ListedAt) known)
                && known.Entries <= 0 && time.GetElapsedTime(known.ListedAt) < Validity;
        }
    }

    private void Change(HashDirectory directory, int by)
    {
        lock (_lock)
        {
            if (_byDirectory.TryGetValue(directory, out (long Entries, long ListedAt) known))
                _byDirectory[directory] = (known.Entries + by, known.ListedAt);
        }
    }
}
