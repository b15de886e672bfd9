using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>
/// Random operations under random faults against a model of what was acknowledged. Each worker has names of its own, so that it always
/// knows the truth; all share the memory, the bucket and its faults.
/// </summary>
public sealed class ModelTests
{
    private const int Workers = 8;
    private const int StepsPerWorker = 3000;
    private const int NamesPerWorker = 6;

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(true, false, 2)]
    [InlineData(false, true, 3)]
    [InlineData(true, true, 4)]
    public async Task The_store_never_lies(bool flat, bool journal, int seed)
    {
        await using var harness = new StoreHarness(new StoreSetup
        {
            Flat = flat,
            Memory = journal ? 4 << 20 : 1 << 20,
            Journal = journal ? new UploadJournalOptions { Accepts = true, MaxBytes = 1 << 20 } : null,
            Options = new AttachmentStoreOptions
            {
                DeletePatience = TimeSpan.FromMilliseconds(20),
                GrowthPatience = TimeSpan.FromMilliseconds(20),
                LargestWrite = 50_000,
            },
        });
        using var stop = new CancellationTokenSource();
        Task faults = Task.Run(() => InjectAsync(harness, new Random(seed), stop.Token));

        Worker[] workers = [.. Enumerable.Range(0, Workers).Select(i => new Worker(harness, new Random((seed * 100) + i)))];
        await Task.WhenAll(workers.Select(worker => Task.Run(worker.RunAsync))).WaitAsync(TimeSpan.FromMinutes(3));
        await stop.CancelAsync();
        await faults;

        await harness.SettleAsync();
        foreach (Worker worker in workers)
            await worker.VerifyAsync(harness.Store);
        Assert.Equal(workers.Sum(worker => worker.Acknowledged), harness.Objects.Count);
        Assert.All(workers, worker => Assert.True(worker.Commits > 50, $"only {worker.Commits} commits"));
    }

    private static async Task InjectAsync(StoreHarness harness, Random random, CancellationToken stop)
    {
        BucketErrorKind[] kinds = Enum.GetValues<BucketErrorKind>();
        while (!stop.IsCancellationRequested)
        {
            var operation = (BucketOperation)random.Next((int)BucketOperation.Get, (int)BucketOperation.List + 1);
            Fault fault = random.Next(6) switch
            {
                0 => Fault.LoseAnswer(),
                1 => Fault.Stall(),
                2 => Fault.TruncateAfter(random.Next(1, 30_000)),
                3 => Fault.FlipBit(random.Next(30_000)),
                4 => Fault.Delay(TimeSpan.FromMilliseconds(random.Next(10))),
                _ => Fault.Fail(kinds[random.Next(kinds.Length)]),
            };
            harness.Faults.Inject(operation, fault, times: random.Next(1, 6));
            await Task.Delay(random.Next(6), CancellationToken.None);
            if (random.Next(3) == 0)
                harness.Faults.Heal();
        }
    }

    private sealed class Worker(StoreHarness harness, Random random)
    {
        private readonly Dictionary<AttachmentId, byte[]?> _truth =
            Enumerable.Range(0, NamesPerWorker).ToDictionary(_ => StoreHarness.NewId(), _ => (byte[]?)null);

        /// <summary>Names of a failed commit, or of a delete that the bucket may not have confirmed.</summary>
        private readonly HashSet<AttachmentId> _unresolved = [];

        public int Commits { get; private set; }

        public int Acknowledged => _truth.Values.Count(content => content is not null);

        public async Task RunAsync()
        {
            for (int step = 0; step < StepsPerWorker; step++)
            {
                AttachmentId id = _truth.Keys.ElementAt(random.Next(_truth.Count));
                if (_truth[id] is null && random.Next(3) > 0)
                    await CreateAsync(id);
                else if (_truth[id] is not null && random.Next(4) == 0)
                    await DeleteAsync(id);
                else
                    await ReadAsync(harness.Store, id, mayFail: true);
            }
        }

        public async Task VerifyAsync(AttachmentStore store)
        {
            foreach (AttachmentId id in _truth.Keys)
                await ReadAsync(store, id, mayFail: false);
        }

        private async Task CreateAsync(AttachmentId id)
        {
            byte[] content = StoreHarness.Bytes(random.Next(random.Next(4) == 0 ? 300_000 : 5000), random.Next());
            AttachmentWriter writer;
            try
            {
                writer = await harness.Store.CreateAsync(id, default);
            }
            catch (AttachmentException e) when (e.Error == AttachmentError.Busy && _unresolved.Contains(id))
            {
                // An upload or a delete of that name is not resolved yet: take another name, as Orthanc always does.
                _truth.Remove(id);
                _truth.Add(StoreHarness.NewId(), null);
                return;
            }

            try
            {
                await FillAsync(writer, content);
                if (random.Next(10) == 0)
                    await writer.AbortAsync("the model says so");
                Task<AttachmentInfo> commit = writer.CommitAsync(default);
                if (random.Next(10) == 0)
                    await writer.AbortAsync("the model says so in the middle");
                await commit;
                _truth[id] = content;
                Commits++;
            }
            catch (AttachmentException)
            {
                Assert.Null(writer.Committed);
                _unresolved.Add(id);
            }
        }

        private async Task FillAsync(AttachmentWriter writer, byte[] content)
        {
            for (int offset = 0; offset < content.Length; offset += 50_000)
            {
                int count = Math.Min(50_000, content.Length - offset);
                while (!writer.TryWrite(offset, content.AsSpan(offset, count)))
                    await writer.WaitForRoomAsync(offset, count, default);
            }
        }

        private async Task DeleteAsync(AttachmentId id)
        {
            try
            {
                if (await harness.Store.FindAsync(id, default) is not { } info)
                    throw new InvalidOperationException($"{id}: acknowledged and missing");
                await harness.Store.DeleteAsync(info, default);
                _truth[id] = null;
                _unresolved.Add(id);
                Assert.Null(await harness.Store.FindAsync(id, default));
            }
            catch (AttachmentException e)
            {
                Assert.NotEqual(AttachmentError.NotFound, e.Error);
            }
        }

        private async Task ReadAsync(AttachmentStore store, AttachmentId id, bool mayFail)
        {
            byte[]? expected = _truth[id];
            try
            {
                AttachmentInfo? found = await store.FindAsync(id, default);
                Assert.Equal(expected is null, found is null);
                if (found is null)
                    return;
                Assert.Equal(expected!.Length, found.Length);
                using OpenAttachment open = await store.OpenAsync(found, default);
                Assert.True(expected.AsSpan().SequenceEqual(StoreHarness.ReadAll(open)), "wrong bytes");
                Assert.True(harness.Memory.Reserved <= harness.Memory.Capacity, "over the budget");
            }
            catch (AttachmentException e) when (mayFail)
            {
                Assert.NotEqual(AttachmentError.NotFound, e.Error);
            }
        }
    }
}
