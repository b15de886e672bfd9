using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Underlay;

/// <summary>Owner, group and mode are the caller's, although this process makes the calls; the kernel refuses what is not permitted.</summary>
public class OwnershipTests
{
    private const string AsOther = "setpriv --reuid 1234 --regid 2345 --clear-groups";

    [Fact(Timeout = 60_000)]
    public async Task What_another_user_creates_is_theirs()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.BashAsync(
            $"""
            chmod 777 .
            {AsOther} bash -c 'umask 027; touch file; mkdir folder; mkfifo pipe; ln -s file link; ln file hard; touch folder/below'
            stat -c '%n %u:%g %a' file folder pipe link hard folder/below
            cd "$beneath" && stat -c '%u:%g %a' file
            """);
        Assert.Equal(
            """
            file 1234:2345 640
            folder 1234:2345 750
            pipe 1234:2345 640
            link 1234:2345 777
            hard 1234:2345 640
            folder/below 1234:2345 640
            1234:2345 640
            """,
            output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_set_group_id_folder_passes_its_group_on()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.BashAsync(
            $"""
            mkdir shared; chown 0:3456 shared; chmod 2777 shared; cd shared
            {AsOther} bash -c 'umask 022; touch file; mkdir folder'
            stat -c '%n %u:%g %a' file folder
            """);
        Assert.Equal("file 1234:3456 644\nfolder 1234:3456 2755", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task Others_are_refused()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.BashAsync(
            $$"""
            chmod 755 .; echo secret > private; chmod 600 private; echo public > public; chmod 644 public
            {{AsOther}} bash -c '
              cat public
              for refused in "cat private" "touch new" "rm public" "chmod 777 public" "chown 1234 public" "mv public other" "mkdir folder" \
                             "truncate -s 0 public" "ln private hard"; do
                $refused 2> /dev/null && echo "$refused was permitted"
              done; true'
            ls
            """);
        Assert.Equal("public\nprivate\npublic", output);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_by_another_user_takes_set_user_id_away(bool writebackCache)
    {
        await using UnderlayMount mount = UnderlayMount.Create(writebackCache);
        string output = await mount.BashAsync(
            $"""
            for file in written truncated emptied; do echo content > $file; chmod 6777 $file; done
            {AsOther} bash -c 'echo more >> written; truncate -s 1 truncated; : > emptied'
            cd "$beneath" && stat -c '%n %a' written truncated emptied
            """);
        Assert.Equal("written 777\ntruncated 777\nemptied 777", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task Orthancs_user_keeps_a_database_of_its_own()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.BashAsync(
            """
            chown orthanc:orthanc .; chmod 700 .
            setpriv --reuid orthanc --regid orthanc --init-groups sqlite3 index 'pragma journal_mode=wal; create table t(x); insert into t values (1)'
            stat -c '%n %U:%G %a' index
            setpriv --reuid 1234 --regid 2345 --clear-groups cat "$mount/index" 2>&1 || true
            """);
        Assert.StartsWith("wal\nindex orthanc:orthanc 644", output);
        Assert.EndsWith("Permission denied", output);
    }
}
