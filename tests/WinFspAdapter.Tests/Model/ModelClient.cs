using System.Runtime.Versioning;
using OrthancCloudFs.TestKit.Chaos;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests.Model;

/// <summary>
/// One program with names of its own, all in one folder, so that it always knows the truth: what was acknowledged and not deleted since is there,
/// with these bytes; nothing else is. An error is no lie, except that of a name that should be there, "not found".
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class ModelClient(StorageVolume volume, ChaosReport report, Func<bool> isWanted, int number, Random random)
{
    public const string Overwrite = "overwrite";

    private const int NamesAtOnce = 8;

    private readonly Dictionary<string, Content?> _truth = new(StringComparer.Ordinal);
    private int _names;

    /// <summary>All kinds of operations that can succeed.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["store", "close", "read", "ranges", "stat", "list", "delete", "on close"];

    /// <summary>Attachments that must be in the bucket in the end.</summary>
    public int Acknowledged => _truth.Values.Count(content => content is not null);

    /// <summary>Works until no operation is wanted any more.</summary>
    public bool Run()
    {
        while (_truth.Count < NamesAtOnce)
            AddName();
        while (isWanted())
        {
            string name = _truth.Keys.ElementAt(random.Next(_truth.Count));
            (string kind, Action action) = Choose(name);
            Try(kind, name, action);
        }

        return true;
    }

    /// <summary>After the faults: everything that was acknowledged is there, and nothing else.</summary>
    public void Verify()
    {
        List();
        foreach (string name in _truth.Keys)
            Read(name);
    }

    private (string Kind, Action Action) Choose(string name)
    {
        bool isThere = _truth[name] is not null;
        return random.Next(100) switch
        {
            < 15 when !isThere => ("close", () => Store(name, flush: false)),
            < 45 when !isThere => ("store", () => Store(name, flush: true)),
            < 10 when isThere => (Overwrite, () => Store(name, flush: true)),
            < 35 => ("read", () => Read(name)),
            < 50 => ("ranges", () => ReadRanges(name)),
            < 58 => ("delete", () => Delete(name, onClose: false)),
            < 65 => ("on close", () => Delete(name, onClose: true)),
            < 75 => ("list", List),
            _ => ("stat", () => Open(name, Access.Attributes)?.Dispose()),
        };
    }

    private void Try(string kind, string name, Action action)
    {
        try
        {
            action();
            report.Ended(kind, ChaosReport.Done);
        }
        catch (StubException e)
        {
            report.Ended(kind, e.Status.ToString());
            if (e.Status == NtStatus.SharingViolation && _truth[name] is null)
                ReplaceUnused();
        }
    }

    /// <summary>As Orthanc stores, in pieces of any size; a file that is only closed is as safe as one that is flushed.</summary>
    private void Store(string name, bool flush)
    {
        var content = new Content(
            random.Next(40) switch
            {
                0 => random.Next(3 << 20),
                < 4 => random.Next(1 << 20),
                < 10 => random.Next(200_000),
                _ => random.Next(5000),
            },
            random.Next());
        bool wasThere = _truth[name] is not null;
        using (StubFile file = volume.Create(StorageVolume.PathOf(name)))
        {
            if (wasThere)
                report.Lie($"{name}: it was opened to be overwritten");
            file.WriteAll(content.Bytes, block: random.Next(4) == 0 ? 64 << 10 : 4096);
            if (flush)
                file.Flush();
        }

        _truth[name] = content;
    }

    private void Read(string name)
    {
        using StubFile? file = Open(name, Access.Read);
        if (file is not null && !file.ReadAll().AsSpan().SequenceEqual(_truth[name]!.Bytes))
            report.Lie($"{name}: it was read with other bytes");
    }

    private void ReadRanges(string name)
    {
        using StubFile? file = Open(name, Access.Read);
        if (file is null)
            return;
        byte[] expected = _truth[name]!.Bytes;
        for (int i = 0; i < 3; i++)
        {
            int offset = random.Next(expected.Length + 1), length = random.Next(1, 100_000);
            if (!file.Read(length, offset).AsSpan().SequenceEqual(expected.AsSpan(offset, Math.Min(length, expected.Length - offset))))
                report.Lie($"{name}: its bytes from {offset} on were read as others");
        }
    }

    private void Delete(string name, bool onClose)
    {
        StubFile? file = Open(name, Access.Delete, deleteOnClose: onClose);
        if (file is null)
            return;
        using (file)
        {
            if (!onClose)
                file.MarkDeleted();
        }

        _truth[name] = null;
        Open(name, Access.Attributes)?.Dispose();

        // Mostly nobody uses a name again, as Orthanc never does. It must stay away all the same.
        if (random.Next(3) > 0 && _truth.Remove(name))
            AddName();
    }

    private void List()
    {
        string folder = StorageVolume.PathOf(_truth.Keys.First())[..6];
        using StubFile opened = StubFile.Open(volume.MountPoint, folder, Disposition.Open, Access.Read, isFolder: true);
        HashSet<string> listed = [.. opened.List(random.Next(300, 4000)).Select(entry => entry.Name).Where(entry => entry is not ("." or ".."))];
        if (!listed.SetEquals(_truth.Where(name => name.Value is not null).Select(name => name.Key)))
            report.Lie($"{folder}: {listed.Count} names were listed, and {Acknowledged} are there");
    }

    /// <summary>Null when it is not there, and should not be.</summary>
    private StubFile? Open(string name, Access access, bool deleteOnClose = false)
    {
        Content? expected = _truth[name];
        try
        {
            StubFile file = StubFile.Open(volume.MountPoint, StorageVolume.PathOf(name), Disposition.Open, access, deleteOnClose: deleteOnClose);
            if ((long)file.OpenedAs.FileSize == expected?.Length)
                return file;
            if (access == Access.Delete && file.OpenedAs.FileSize == 0)
                return file; // the bucket does not say; a delete is remembered all the same
            report.Lie($"{name}: it has {file.OpenedAs.FileSize} bytes, and should have {expected?.Length ?? -1} (-1: should not be there)");
            file.Dispose();
        }
        catch (StubException e) when (e.Status == NtStatus.ObjectNameNotFound)
        {
            if (expected is not null)
                report.Lie($"{name}: it was not found, and should be there");
        }

        return null;
    }

    /// <summary>Names whose upload or delete is not resolved yet cannot be used for a while: take others, as Orthanc always does.</summary>
    private void ReplaceUnused()
    {
        foreach (string name in _truth.Where(name => name.Value is null).Select(name => name.Key).ToList())
        {
            _truth.Remove(name);
            AddName();
        }
    }

    private void AddName() => _truth.Add($"{number:x2}00{_names++:x4}-0000-4000-8000-{random.NextInt64(1L << 48):x12}", null);

    /// <summary>Bytes that are made again when they are needed.</summary>
    private sealed record Content(int Length, int Seed)
    {
        public byte[] Bytes => StorageVolume.Bytes(Length, Seed);
    }
}
