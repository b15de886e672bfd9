using System.IO.Enumeration;

namespace OrthancCloudFs.Buckets.Local;

/// <summary>
/// Walks a directory in the order of keys, from any point. A folder counts as its name with a slash behind, which puts "a-b" before
/// "a/b" as S3 does. Of each folder at most as many names are held as the page needs, however many there are.
/// </summary>
internal sealed class LocalListing(string root)
{
    /// <summary>See <see cref="ListingPager.Walk"/>.</summary>
    internal IEnumerable<ObjectInfo> Walk(string prefix, string after, int limit)
    {
        // Start in the deepest folder that the prefix names.
        var folder = prefix[..(prefix.LastIndexOf('/') + 1)];
        return IsPath(folder) && !folder.StartsWith(LocalKeys.StagingFolder + "/", StringComparison.Ordinal) ? WalkFolder(folder, prefix, after, limit) : [];
    }

    private static bool IsPath(string folder) =>
        folder.Length == 0 || folder[..^1].Split('/').All(LocalKeys.IsName);

    private IEnumerable<ObjectInfo> WalkFolder(string folder, string prefix, string after, int limit)
    {
        // Files come in whole; folders may turn out empty, so when all that was held is used up there may be more behind it.
        var from = after;
        while (true)
        {
            var names = Smallest(folder, prefix, from, limit);
            foreach (var key in names)
            {
                if (key[^1] == '/')
                {
                    foreach (var item in WalkFolder(key, prefix, after, limit))
                        yield return item;
                }
                else if (Describe(key) is { } item)
                {
                    yield return item;
                }
            }
            if (names.Count < limit)
                yield break;
            from = names[^1][^1] == '/' ? names[^1] + ObjectKeyComparer.Last : names[^1];
        }
    }

    /// <summary>The first <paramref name="limit"/> entries of a folder, as keys, whose own key or keys beneath sort after <paramref name="from"/>.</summary>
    private List<string> Smallest(string folder, string prefix, string from, int limit)
    {
        var largestFirst = Comparer<string>.Create((x, y) => ObjectKeyComparer.Instance.Compare(y, x));
        var held = new PriorityQueue<string, string>(largestFirst);
        foreach (var key in Entries(folder))
        {
            var isFolder = key[^1] == '/';
            var fits = key.StartsWith(prefix, StringComparison.Ordinal) || (isFolder && prefix.StartsWith(key, StringComparison.Ordinal));
            var isAhead = ObjectKeyComparer.Instance.Compare(key, from) > 0 || (isFolder && from.StartsWith(key, StringComparison.Ordinal)
                && !from.AsSpan(key.Length).SequenceEqual(ObjectKeyComparer.Last));
            if (!fits || !isAhead)
                continue;
            if (held.Count < limit)
                held.Enqueue(key, key);
            else
                held.EnqueueDequeue(key, key);
        }
        var names = new List<string>(held.Count);
        while (held.TryDequeue(out var key, out _))
            names.Add(key);
        names.Reverse();
        return names;
    }

    private IEnumerable<string> Entries(string folder)
    {
        using var all = OpenFolder(folder);
        while (all is not null)
        {
            try
            {
                if (!all.MoveNext())
                    yield break;
            }
            catch (DirectoryNotFoundException)
            {
                yield break; // removed since
            }
            yield return all.Current;
        }
    }

    /// <summary>Null where there is no such folder, but perhaps a file of that name.</summary>
    private IEnumerator<string>? OpenFolder(string folder)
    {
        var path = Path.Combine(root, folder);
        if (OperatingSystem.IsWindows() && File.Exists(path.TrimEnd('/')))
            return null; // which Windows calls an invalid parameter
        try
        {
            return new FileSystemEnumerable<string>(
                path,
                (ref FileSystemEntry entry) => entry.IsDirectory ? $"{folder}{entry.FileName}/" : $"{folder}{entry.FileName}",
                new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                    folder.Length > 0 || !entry.FileName.SequenceEqual(LocalKeys.StagingFolder),
            }.GetEnumerator();
        }
        catch (IOException failure) when (LocalBucketErrors.SaysAbsent(failure))
        {
            return null;
        }
    }

    private ObjectInfo? Describe(string key)
    {
        var file = new FileInfo(Path.Combine(root, key));
        return file.Exists ? LocalDirectoryBucket.Describe(key, file.Length, file.LastWriteTimeUtc) : null;
    }
}
