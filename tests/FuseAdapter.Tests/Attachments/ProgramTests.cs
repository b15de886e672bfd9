using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Attachments;

/// <summary>Ordinary programs at work in the mount: cp, mv, rm, find, rsync, dd and the shell.</summary>
public class ProgramTests
{
    [Theory(Timeout = 120_000)]
    [InlineData("cat SRC > DST")]
    [InlineData("dd if=SRC of=DST bs=4k conv=fsync status=none")]
    [InlineData("dd if=SRC of=DST bs=64k status=none")]
    [InlineData("cp SRC DST")]
    [InlineData("cp -p SRC DST")]
    [InlineData("mv SRC DST; cp DST SRC")]
    [InlineData("rsync --inplace SRC DST")]
    public async Task A_program_copies_into_the_mount(string command)
    {
        await using StorageMount mount = StorageMount.Create();
        string source = Path.Combine(mount.MountPoint, "source"); // in the underlay
        string script = command.Replace("SRC", source, StringComparison.Ordinal).Replace("DST", mount.PathOf(Uuids.One),
            StringComparison.Ordinal);
        await SystemCalls.ShellSucceedsAsync(
            $"set -e; umask 077; head -c 300001 /dev/urandom > {source}; {script}; cmp {source} {mount.PathOf(Uuids.One)}");
        Assert.Equal(1, mount.Memory.Count);
        Assert.Equal(1, mount.Bucket.Count(BucketOperation.Put));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_removed_folder_goes_on_working_while_somebody_is_in_it()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 5000).Skip(1));
        string folder = Path.GetDirectoryName(path)!;
        await SystemCalls.ShellSucceedsAsync(
            $"set -e; exec 3< {folder}; cd {folder}; rm -r {folder}; echo again > {path}; cmp <(echo again) {path}");
        await SystemCalls.SucceedAsync(OrthancCalls.Read(path));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_folder_in_which_somebody_writes_is_not_removed()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        string folder = Path.GetDirectoryName(path)!;
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"list {folder}", $"open f {path} O_WRONLY|O_CREAT", "write f 5000", $"list {folder}", $"rmdir {folder}", "fsync f",
            $"rmdir {folder}", "close f");
        Assert.Equal("ok ok ok ok ENOTEMPTY ok ENOTEMPTY ok", results.Outcomes());
    }

    [Fact(Timeout = 120_000)]
    public async Task Touch_stores_an_empty_attachment()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.ShellSucceedsAsync($"touch {path}");
        await Eventually.TrueAsync(() => mount.Memory.Count == 1);
        Assert.Equal("0\n", await SystemCalls.ShellSucceedsAsync($"wc -c < {path}"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Trees_are_copied_walked_and_removed()
    {
        await using StorageMount mount = StorageMount.Create();
        string tree = Path.Combine(mount.MountPoint, "tree");
        string[] names = [.. Enumerable.Range(1, 12).Select(Uuids.Spread)];
        string make = string.Join("; ", names.Select(
            name => $"mkdir -p {tree}/{name[..2]}/{name[2..4]}; head -c 20000 /dev/urandom > {tree}/{name[..2]}/{name[2..4]}/{name}"));
        string compare = $"cd {tree}; for f in */*/*; do cmp $f {mount.MountPoint}/$f; done";
        await SystemCalls.ShellSucceedsAsync($"set -e; {make}; cp -r {tree}/* {mount.MountPoint}/; {compare}; rm -r {tree}");
        Assert.Equal(12, mount.Memory.Count);
        Assert.Equal("12\n", await SystemCalls.ShellSucceedsAsync($"find {mount.MountPoint} -type f -size 40 | wc -l"));
        await SystemCalls.ShellSucceedsAsync($"rm -r {mount.MountPoint}/??");
        Assert.Equal(0, mount.Memory.Count);
        Assert.Equal("", await SystemCalls.ShellSucceedsAsync($"ls {mount.MountPoint}"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_folder_of_three_thousand_is_listed_with_sizes_without_a_look_up()
    {
        const int Count = 3000;
        var bucket = new MemoryBucket();
        for (int i = 0; i < Count; i++)
        {
            var content = new TestKit.BytesSource(new byte[500]);
            await bucket.PutAsync($"ab/12/{Uuids.InOneFolder(i)}", content, new PutOptions(), CancellationToken.None);
        }

        await using StorageMount mount = StorageMount.Create(new MountSetup { Bucket = bucket });
        string script = $$"""
            import os
            folder = '{{mount.MountPoint}}/ab/12'
            first = {entry.name: entry.stat().st_size for entry in os.scandir(folder)}
            again = set(os.listdir(folder))
            print(len(first), len(set(first.values())), set(first) == again)
            """;
        Assert.Equal("3000 1 True\n", await SystemCalls.ShellSucceedsAsync($"/usr/bin/python3 -c \"{script}\""));
        Assert.Equal(0, mount.Bucket.Count(BucketOperation.Head) + mount.Bucket.Count(BucketOperation.Get));
        Assert.InRange(mount.Bucket.Count(BucketOperation.List), 6, 10);
    }

    [Fact(Timeout = 120_000)]
    public async Task Mv_moves_out_of_the_mount_by_copying_and_not_within_it()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf(Uuids.One);
        await SystemCalls.SucceedAsync(OrthancCalls.Store(path, 30_000).Skip(1));
        Assert.NotEqual(0, (await SystemCalls.ShellAsync($"mv {path} {mount.PathOf(Uuids.Other)}")).ExitCode);
        Assert.Equal("30000\n",
            await SystemCalls.ShellSucceedsAsync($"mv {path} {mount.MountPoint}/moved && wc -c < {mount.MountPoint}/moved"));
        Assert.Equal(0, mount.Memory.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Names_that_are_no_attachments_cannot_be_made_in_hash_folders()
    {
        await using StorageMount mount = StorageMount.Create();
        string folder = Path.Combine(mount.MountPoint, "ab", "12");
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            $"open f {folder}/notes.txt O_WRONLY|O_CREAT", $"mkdir {folder}/sub", $"mkdir {mount.MountPoint}/ab", $"mkdir {folder}",
            $"symlink x {folder}/y",
            $"open f {folder}/{Uuids.One} O_WRONLY|O_CREAT", $"rmdir {folder}");
        Assert.Equal("EPERM EPERM EEXIST EEXIST EPERM EPERM ENOTEMPTY", results.Outcomes());
        Assert.Equal(0, mount.Memory.Count);
    }
}
