using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.TestKit.Chaos;

namespace OrthancCloudFs.Attachments.Tests.Campaign;

/// <summary>
/// One client with names of its own, so that it always knows the truth: what was acknowledged and not deleted since is there, with these
/// bytes; nothing else is. An error is no lie.
/// </summary>
internal sealed class FaultCampaignClient(FaultCampaign campaign, int number, Random random)
{
    private const int NamesAtOnce = 8;
    private const int Piece = 64 << 10;

    /// <summary>More than a writer's share: it is sent in parts.</summary>
    private const int Large = 1 << 20;

    /// <summary>Names that can be used, with what was acknowledged under them.</summary>
    private readonly Dictionary<AttachmentId, Content?> _truth = [];

    private readonly ChaosReport _report = campaign.Report;
    private int _names;

    /// <summary>All that must be in the bucket in the end.</summary>
    public IEnumerable<KeyValuePair<AttachmentId, Content>> Acknowledged =>
        _truth.Where(name => name.Value is not null).Select(name => KeyValuePair.Create(name.Key, name.Value!));

    public async Task RunAsync()
    {
        while (_truth.Count < NamesAtOnce)
            AddName();
        while (campaign.TryStart())
        {
            AttachmentId id = _truth.Keys.ElementAt(random.Next(_truth.Count));
            bool isThere = _truth[id] is not null;
            int dice = random.Next(100);
            await (dice switch
            {
                < 45 when !isThere => StoreAsync("create", id),
                < 10 => StoreAsync("overwrite", id),
                < 35 => ReadAsync(id),
                < 50 => ReadRangesAsync(id),
                < 65 => DeleteAsync(id),
                < 75 => ListAsync(),
                _ => StatAsync(id),
            });
        }
    }

    /// <summary>After the faults: everything that was acknowledged is there.</summary>
    public async Task VerifyAsync(AttachmentStore store)
    {
        foreach ((AttachmentId id, Content? expected) in _truth)
        {
            AttachmentInfo? found = await store.FindAsync(id, default);
            if (found is null != expected is null)
                _report.Lie($"{id}: in the end it is {Say(found is not null)}, and should be {Say(expected is not null)}");
            if (found is null || expected is null)
                continue;
            using OpenAttachment open = await store.OpenAsync(found, default);
            if (!(await AllOfAsync(open)).AsSpan().SequenceEqual(expected.Bytes))
                _report.Lie($"{id}: in the end it has other bytes");
        }
    }

    private static string Say(bool isThere) => isThere ? "there" : "absent";

    private async Task StoreAsync(string operation, AttachmentId id)
    {
        var content = new Content(Math.Max(1, random.Next(40) switch
        {
            0 => random.Next(9 << 20),
            < 4 => random.Next(2 << 20),
            < 10 => random.Next(300_000),
            _ => random.Next(5000),
        }), random.Next());
        await RunAsync(operation, async () =>
        {
            AttachmentWriter? writer = null;
            await campaign.StepAsync(async store =>
            {
                if (campaign.NeedsLookUp(store) && await FindAsync(store, id) is not null)
                    throw new AttachmentException(AttachmentError.Exists, $"{id}: it was found");
                writer = await store.CreateAsync(id, default);
            });
            bool mustGoThrough = campaign.IsJournalTooFullFor(content.Length);

            // The store may be closed at any moment from here on.
            await FillAsync(writer!, content.Bytes);
            await writer!.CommitAsync(default);
            if (_truth[id] is not null)
                _report.Lie($"{id}: it was overwritten");
            _truth[id] = content;
            if (campaign.IsInJournal(id))
                _report.See(content.Length > Large ? "large in the journal" : "in the journal");
            else if (mustGoThrough)
                _report.See("past a full journal");
        });
    }

    private static async Task FillAsync(AttachmentWriter writer, byte[] content)
    {
        for (int offset = 0; offset < content.Length; offset += Piece)
        {
            int count = Math.Min(Piece, content.Length - offset);
            while (!writer.TryWrite(offset, content.AsSpan(offset, count)))
                await writer.WaitForRoomAsync(offset, count, default);
        }
    }

    private Task ReadAsync(AttachmentId id) => RunAsync("read", () => WithOpenAsync(id, async (open, expected) =>
    {
        if (!(await AllOfAsync(open)).AsSpan().SequenceEqual(expected.Bytes))
            _report.Lie($"{id}: it was read with other bytes");
    }));

    private Task ReadRangesAsync(AttachmentId id) => RunAsync("ranges", () => WithOpenAsync(id, async (open, expected) =>
    {
        for (int i = 0; i < 3; i++)
        {
            int offset = random.Next(expected.Length);
            byte[] into = new byte[random.Next(1, 200_000)];
            int count = await open.ReadAsync(offset, into, default);
            if (count != Math.Min(into.Length, expected.Length - offset)
                || !expected.Bytes.AsSpan(offset, count).SequenceEqual(into.AsSpan(0, count)))
            {
                _report.Lie($"{id}: its bytes from {offset} on were read as others");
            }
        }
    }));

    private Task StatAsync(AttachmentId id) => RunAsync("stat", () => campaign.StepAsync(store => FindAsync(store, id)));

    private Task DeleteAsync(AttachmentId id) => RunAsync("delete", () => campaign.StepAsync(async store =>
    {
        if (await FindAsync(store, id) is not { } found)
            return;
        if (campaign.IsInJournal(id))
            _report.See("deleted from the journal");
        await store.DeleteAsync(found, default);
        _truth[id] = null;
        if (await store.FindAsync(id, default) is not null)
            _report.Lie($"{id}: it was found after its delete");

        // Mostly nobody uses a name again, as Orthanc never does. It must stay away all the same.
        if (random.Next(3) > 0 && _truth.Remove(id))
            AddName();
    }));

    private Task ListAsync() => RunAsync("list", () => campaign.StepAsync(async store =>
    {
        HashDirectory folder = _truth.Keys.First().Directory;
        var listed = new HashSet<AttachmentId>();
        await foreach (AttachmentListing listing in store.ListAttachmentsAsync(folder, default))
            listed.Add(listing.Id);
        if (!listed.SetEquals(Acknowledged.Select(name => name.Key)))
            _report.Lie($"{folder}: {listed.Count} names were listed, and {Acknowledged.Count()} are there");
    }));

    private Task WithOpenAsync(AttachmentId id, Func<OpenAttachment, Content, Task> use) => campaign.StepAsync(async store =>
    {
        if (await FindAsync(store, id) is not { } found || _truth[id] is not { } expected)
            return;
        if (campaign.IsInJournal(id))
            _report.See("opened in the journal");
        using OpenAttachment open = await store.OpenAsync(found, default);
        await use(open, expected);
    });

    /// <summary>Looks it up and compares with the truth.</summary>
    private async Task<AttachmentInfo?> FindAsync(AttachmentStore store, AttachmentId id)
    {
        AttachmentInfo? found = await store.FindAsync(id, default);
        if (found?.Length != _truth[id]?.Length)
            _report.Lie($"{id}: it was found with {found?.Length ?? -1} bytes, and has {_truth[id]?.Length ?? -1} (-1: there is none)");
        return found;
    }

    private static async Task<byte[]> AllOfAsync(OpenAttachment open)
    {
        byte[] bytes = new byte[open.Info.Length];
        int done = 0;
        while (done < bytes.Length && await open.ReadAsync(done, bytes.AsMemory(done), default) is > 0 and int count)
            done += count;
        return bytes[..done];
    }

    private async Task RunAsync(string operation, Func<Task> action)
    {
        try
        {
            await action();
            _report.Ended(operation, ChaosReport.Done);
        }
        catch (AttachmentException e)
        {
            _report.Ended(operation, e.Error.ToString());
            if (e.Error == AttachmentError.NotFound)
                _report.Lie($"{operation}: {e.Message}, although it was there a moment before");
            if (e.Error == AttachmentError.Busy)
                ReplaceUnused();
        }
    }

    /// <summary>Names whose upload or delete is not resolved yet cannot be used for a while: take others, as Orthanc always does.</summary>
    private void ReplaceUnused()
    {
        foreach (AttachmentId id in _truth.Where(name => name.Value is null).Select(name => name.Key).ToList())
        {
            _truth.Remove(id);
            AddName();
        }
    }

    private void AddName()
    {
        // All in one folder.
        string text = $"{number:x2}00{_names++:x4}-0000-4000-8000-{random.NextInt64(1L << 48):x12}";
        if (!AttachmentId.TryParse(text, out AttachmentId id))
            throw new InvalidOperationException(text);
        _truth.Add(id, null);
    }

    /// <summary>Bytes that are made again when they are needed.</summary>
    internal sealed record Content(int Length, int Seed)
    {
        public byte[] Bytes => StoreHarness.Bytes(Length, Seed);
    }
}
