using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Journal;

/// <summary>A damaged journal: what is intact is uploaded, what is not is named, and the program starts all the same.</summary>
public sealed class JournalDamageTests
{
    private const int Stored = 12;

    private static readonly StoreSetup WithJournal = new()
    {
        Memory = 8 << 20,
        Journal = new UploadJournalOptions { Accepts = true },
    };

    [Fact]
    public async Task A_log_that_is_missing_is_made_up_from_the_files()
    {
        await using Damaged site = await Damaged.MakeAsync();
        File.Delete(site.LogPath);

        site.Start();

        await site.ExpectUploadedAsync(Stored);
        Assert.Equal(Stored, site.Lines.Count(line => line.Contains("its record is lost", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(0.3)]
    [InlineData(0.7)]
    public async Task A_log_that_lost_its_end_is_made_up_from_the_files(double length)
    {
        await using Damaged site = await Damaged.MakeAsync();
        using (var file = new FileStream(site.LogPath, FileMode.Open))
            file.SetLength(length is > 0 and < 1 ? (long)(file.Length * length) : (long)length);

        site.Start();

        await site.ExpectUploadedAsync(Stored);
    }

    [Fact]
    public async Task A_file_that_is_missing_is_named_and_the_rest_is_uploaded()
    {
        await using Damaged site = await Damaged.MakeAsync();
        AttachmentInfo lost = site.Infos[5];
        File.Delete(site.FileOf(5));

        site.Start();

        await site.ExpectUploadedAsync(Stored - 1);
        Assert.Contains(site.Lines, line => line.Contains("is missing", StringComparison.Ordinal) && line.Contains(lost.Id.ToString(), StringComparison.Ordinal));
        await StoreHarness.EventuallyAsync(() => site.Harness.Journal!.Counters.Stuck == 1, "it is counted");
        Assert.NotNull(await site.Harness.Store.FindAsync(lost.Id, default)); // acknowledged: it must not look as if it had never been
        await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => site.Harness.ReadAsync(lost));
        await site.Harness.Store.DeleteAsync(lost, default);
        await StoreHarness.EventuallyAsync(() => site.Harness.Journal!.Counters.Uploads == 0, "nothing is left of it, nor of the others");
    }

    [Fact]
    public async Task A_file_that_changed_is_named_never_uploaded_and_never_read()
    {
        await using Damaged site = await Damaged.MakeAsync();
        Flip(site.FileOf(3), 700);

        site.Start();

        await site.ExpectUploadedAsync(Stored - 1);
        await StoreHarness.EventuallyAsync(() => site.Harness.Journal!.Counters.Stuck == 1, "it is counted");
        Assert.Contains(site.Lines, line => line.Contains("cannot be uploaded", StringComparison.Ordinal) && line.Contains(site.Infos[3].Key, StringComparison.Ordinal));
        Assert.Null(await site.Harness.RawAsync(site.Infos[3].Key));
        await StoreHarness.FailsAsync(AttachmentError.Unreadable, () => site.Harness.ReadAsync(site.Infos[3]));
    }

    [Fact]
    public async Task A_record_that_came_back_is_no_loss_when_the_bucket_has_the_object()
    {
        await using Damaged site = await Damaged.MakeAsync();
        byte[] before = await File.ReadAllBytesAsync(site.LogPath);
        site.Start();
        await site.ExpectUploadedAsync(Stored);
        await site.Harness.StopAsync();
        await File.WriteAllBytesAsync(site.LogPath, before);

        site.Start();

        await site.ExpectUploadedAsync(Stored);
        await site.Harness.UploadedAsync();
        Assert.Equal(0, site.Harness.Journal!.Counters.Stuck);
    }

    [Fact]
    public async Task Whatever_is_damaged_the_program_starts_and_nothing_is_silent()
    {
        const int Rounds = 60;
        var random = new Random(7);
        for (int round = 0; round < Rounds; round++)
        {
            await using Damaged site = await Damaged.MakeAsync();
            for (int i = random.Next(1, 4); i > 0; i--)
                site.DamageAnything(random);

            site.Start();

            // Each is in the bucket as it was, or named.
            await StoreHarness.EventuallyAsync(
                () => site.Harness.Journal!.Counters is var now && now.Uploads == now.Stuck, $"round {round}: nothing waits but what is stuck");
            for (int i = 0; i < Stored; i++)
            {
                if (await site.Harness.RawAsync(site.Infos[i].Key) is null)
                {
                    // Where both its record and its file are gone, only the damage of the log tells.
                    string[] traces = [site.Infos[i].Id.ToString(), site.FileOf(i), .. File.Exists(site.FileOf(i)) ? [] : new[] { site.LogPath }];
                    Assert.True(
                        site.Lines.Any(line => Array.Exists(traces, trace => line.Contains(trace, StringComparison.Ordinal))),
                        $"round {round}: attachment {i} is not in the bucket, and nobody says so:\n{string.Join('\n', site.Lines)}");
                }
                else
                {
                    Assert.Equal(Damaged.ContentOf(i), await site.Harness.PlainAsync(site.Infos[i].Key));
                }
            }
        }
    }

    private static void Flip(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset % file.Length;
        int value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 0x10));
    }

    /// <summary>A site whose program was killed while the bucket was away.</summary>
    private sealed class Damaged : IAsyncDisposable
    {
        private readonly LineLogger _logger = new();

        public List<AttachmentInfo> Infos { get; } = [];

        public required StoreHarness Harness { get; init; }

        public string LogPath => Path.Combine(Harness.JournalPath, "uploads.log");

        public IReadOnlyCollection<string> Lines => _logger.Lines;

        public static byte[] ContentOf(int index) => StoreHarness.Bytes(1000 + index, index);

        public static async Task<Damaged> MakeAsync()
        {
            var site = new Damaged { Harness = new StoreHarness(WithJournal) };
            await site.Harness.ListedAsync();
            FaultRule away = site.Harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network));
            for (int i = 0; i < Stored; i++)
                site.Infos.Add(await site.Harness.StoreAsync(ContentOf(i)));
            await site.Harness.StopAsync(heal: false);
            away.Release();
            site.Harness.Faults.Heal();
            return site;
        }

        public string FileOf(int index) => Path.Combine(Harness.JournalPath, $"{index + 1:x16}.object");

        public void Start() => Harness.Start(_logger);

        public Task ExpectUploadedAsync(int count) =>
            StoreHarness.EventuallyAsync(() => Harness.Objects.Count == count, $"{count} objects are in the bucket");

        public void DamageAnything(Random random)
        {
            string[] files = [.. Directory.GetFiles(Harness.JournalPath).Where(path => Path.GetFileName(path) != "lock")];
            string path = files[random.Next(files.Length)];
            long length = new FileInfo(path).Length;
            if (random.Next(4) == 0)
            {
                File.Delete(path);
            }
            else if (random.Next(3) == 0 || length == 0)
            {
                using var file = new FileStream(path, FileMode.Open);
                file.SetLength(random.NextInt64(length));
            }
            else
            {
                Flip(path, random.NextInt64(length));
            }
        }

        public ValueTask DisposeAsync() => Harness.DisposeAsync();
    }

    private sealed class LineLogger : ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));
    }
}
