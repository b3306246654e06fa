# 命令行帮助的中文。英文写在 src/cli 各命令旁边；键是命令的路径和参数的名字。
# '-more' 接在第一句之后（--help 时显示），'-after' 是示例和说明，'help-any-' 用于各命令共有的参数。

help-usage-heading = 用法
help-commands-heading = 命令
help-arguments-heading = 参数
help-options-heading = 选项
help-command-name = 命令
help-any-options = [选项]
help-any-default = [默认：
help-any-variable = [环境变量：
help-any-help = 显示帮助（-h 简短，--help 详细）
help-any-version = 显示版本号
help-any-config = 设置文件
help-any-json = 标准输出每行一个 JSON 对象，别无其他
help-any-language = 给人看的语言：zh-CN 或 en
help-any-dry-run = 只说明会改变什么

# 值叫什么
help-value-address = 地址:端口
help-value-code = 代码
help-value-date = 日期
help-value-file = 文件
help-value-folder = 文件夹
help-value-host = 主机:端口
help-value-hours = 小时
help-value-id = 编号
help-value-join-code = 入网码
help-value-kind = 类别
help-value-language = 语言
help-value-list = 名册
help-value-name = 名称
help-value-outcome = 结论
help-value-query = 查询
help-value-rule = 规则
help-value-seconds = 秒
help-value-severity = 程度
help-value-text = 文字
help-value-url = 网址

# 命令行写错时
usage-error = 错误
usage-hint = 怎么办
usage-help = 详细说明：{ $command } --help
usage-unknown-argument = 不认识的参数 { $what }
usage-unknown-command = 没有 { $what } 这个命令
usage-missing = 缺少必须写的：{ $what }
usage-no-value = { $what } 后面缺少值
usage-bad-value = { $what } 的值 '{ $value }' 不对
usage-conflict = { $what } 不能和 { $other } 一起用
usage-twice = { $what } 只能写一次
usage-too-many = '{ $value }' 多余，{ $what } 不要更多的值
usage-not-text = 有一个参数不是 UTF-8 文字
usage-perhaps = 是不是想写 { $what }？
usage-possible = 可以写：{ $what }

help =
    在村、乡镇、县的各种名册之间认出同一个人，并报告名册互相矛盾之处。
help-more =
    各单位把手里已有的表格放进一个文件夹。rosterd 读取这些表格，认出哪些行是同一个人，
    列出对不上的地方：一份名册上已去世、另一份上还在领钱；同时在两个村；人走了却没销。
    每一条都只是请人核实的疑点，从不自动停发任何待遇。
help-after =
    第一天：
      rosterd demo                      在临时文件夹里演示一个完整的县，先看看
      rosterd setup                     回答几个问题，装好本单位
      rosterd status                    现在怎么样
      rosterd findings                  哪些对不上

    设置文件依次查找：--config、$ROSTERD_CONFIG、./rosterd.toml、/etc/rosterd/rosterd.toml。
    退出码：0 完成，1 失败，2 写法不对，3 联系不上或没有及时确认。

help-init = 建立本级：带说明的设置文件、收件夹、数据文件夹
help-init-more =
    在该文件夹写出 rosterd.toml、inbox 和 data，已有的不覆盖。
    'rosterd setup' 问同样的内容，并启动服务。
help-init-after =
    示例：
      rosterd init --area 519901 --name 云岭县 --dir /srv/rosterd --listen 0.0.0.0:7443 \
        --advertise county.example:7443
      rosterd init --area 519901001200 --name 200村 --dir ~/rosterd --parent https://town.example:7443

    然后：rosterd run --config 文件夹/rosterd.toml
help-init-area = 本单位的区划代码：6 位是县，9 位是乡镇（街道），12 位是村（居）
help-init-name = 平时的叫法
help-init-dir = 建在哪个文件夹
help-init-parent = 上级的地址；'rosterd join' 也会填上
help-init-listen = 下级连到这里的地址和端口
help-init-advertise = 下级实际使用的 主机:端口，与上面不同时才写

help-setup = 回答几个问题，装好本单位
help-setup-more =
    依次问地区、名称、文件夹、入网码、是否启动服务；每个问题都可以用参数回答，
    全写上就什么也不问。以 root 运行可安装服务；之后 rosterd 组的账户可以往收件夹放文件。
help-setup-after =
    示例：
      sudo rosterd setup
      sudo rosterd setup --area 519901001200 --name 200村 --code 入网码 --service yes
      rosterd setup --area 519901 --name 云岭县 --dir ~/rosterd --listen 0.0.0.0:7443 --service no
help-setup-area = 本单位的区划代码：6 位是县，9 位是乡镇（街道），12 位是村（居）
help-setup-name = 平时的叫法
help-setup-dir = 数据和收件夹放在哪里
help-setup-inbox = 要监视的文件夹，不是上面文件夹里的 inbox 时才写
help-setup-code = 上级给的入网码；没有就留空
help-setup-listen = 下级连到这里的地址和端口；没有下级就留空
help-setup-service = 现在启动服务，以后开机自动启动：yes 或 no

help-run = 在前台运行后台服务
help-run-more =
    读取监视的文件，核对，上报，回答其他命令。收到 SIGTERM 时做完手头的事再退出，退出码 0。
    由 systemd 启动时，就绪后会通知它。
help-run-today = 用这一天代替今天的日期：供重演和测试

help-status = 本级现在怎么样
help-status-more =
    本级、上级、各下级最后一次联系、等待上报的数量、最近的错误、各来源最后一次读取、
    暂扣和未能读取的文件、疑点数。后台服务没有运行时显示数据库里的内容，退出码 3。
help-status-after =
    示例：
      rosterd status
      rosterd status --wait 60        等到全部读完、核对完、上报并得到确认
      rosterd status --json | jq .backlog
help-status-wait = 最多等这么多秒，直到没有要读、要核对、要上报的；超时退出码 3

help-findings = 哪些对不上：待核实的疑点
help-findings-more =
    每一条都是请人核实的疑点：差在哪里、在哪个文件哪一行、从哪天开始。
    新数据一致后自行消除。姓名和身份证号已遮盖。
help-findings-after =
    示例：
      rosterd findings --severity high                  涉及钱款和权益的
      rosterd findings --list dibao --area 519901001    某乡镇的某一种名册
      rosterd findings --summary                        各地各有多少
      rosterd findings --overdue --csv overdue.csv      超期的，打印出来逐条办
      rosterd findings --all --json | jq .rule          从头到尾全部，给程序用

    'rosterd rules' 解释每条规则；'rosterd decide' 处理一条疑点。
help-findings-rule = 只看这条规则，如 deceased-still-active 或 已故人员仍在册（见 rosterd rules）
help-findings-list = 只看这种名册：population 人口底册、health 健康档案、dibao 低保名册、family 扶助名册、deaths 死亡名册、migrants 流动人口名册；中英文都可以写
help-findings-area = 只看这个地区及其下级；写代码或名称
help-findings-severity = 只看这个程度：high 高、medium 中、low 低、info 提示；中英文都可以写
help-findings-all = 也看已处理和已消除的，以及谁、何时、怎样处理的
help-findings-overdue = 只看超过应办结日的，待核实的和已属实的都算
help-findings-summary = 只看有多少条：按地区和程度；加 --json 时按地区、规则和程度
help-findings-csv = 写成这个文件，用表格软件打开；姓名照样遮盖；写 - 则输出到标准输出

help-events = 名册显示出的人员变动
help-events-more =
    出生、死亡、县内迁移、迁出县外、迁入、更正。每一件都以名册上的行为证据，
    那些行不再这样说时随之撤销。
help-events-after =
    示例：
      rosterd events --kind death --since 2026-03-01
      rosterd events --kind transfer --json
help-events-kind = 只看 birth 出生、death 死亡、transfer 县内迁移、out_migration 迁出县外、in_migration 县外迁入或 correction 信息更正；中英文都可以写
help-events-since = 只看这一天及以后，如 2026-03-01

help-people = 一个人在各份名册上的行
help-people-more =
    每次查看都有记录（rosterd access）。姓名和身份证号已遮盖；要看完整的须写 --reveal 和理由，
    也会记录。各行下面列出以前的内容、截至哪天（最近十二次改动）。只为办事查看。
help-people-after =
    示例：
      rosterd people 王小明
      rosterd people fabcdefgh01                         某条疑点涉及的人
      rosterd people 王小明 --reveal --reason '核对3月低保停发'
help-people-query = 姓名、身份证号（都可以只写一部分），或人、行、疑点的编号
help-people-reveal = 显示完整的姓名和身份证号；有记录
help-people-explain = 为什么认为这些行是同一个人：逐项比较及其分量
help-people-reason = 为什么要看

help-decide = 处理一条疑点：核实的结果
help-decide-more =
    判为不属实的疑点在证据改变之前不再出现。处理结果连同处理人和备注上下传递；不改动任何名册。
    把两个人认成了一个的，应拆开那两行，见 'rosterd match --help'。
help-decide-after =
    示例：
      rosterd decide fabcdefgh01 confirm --note '已电话核实，3月起停发'
      rosterd decide fabcdefgh01 dismiss --note '已入户核实，本人健在'
help-decide-finding = 疑点编号，见 'rosterd findings'
help-decide-disposition = confirm 属实；dismiss 不属实；reopen 重新核实；中英文都可以写
help-decide-note = 核实到什么，怎样核实的

help-import = 立即读取一个文件，放在哪里都可以
help-import-more =
    和放进收件夹一样。哪种名册、哪个地区从文件里认出，认不出时请写明。
    --dry-run 只显示会改变什么，什么也不改。
help-import-after =
    示例：
      rosterd import 4月低保.xls --dry-run
      rosterd import export.csv --list dibao --area 519901001200
help-import-file = 任何电子表格或 CSV
help-import-list = 是哪种名册：population 人口底册、health 健康档案、dibao 低保名册、family 扶助名册、deaths 死亡名册、migrants 流动人口名册；中英文都可以写
help-import-area = 是哪个地区的：本级或本级范围内的地区；写代码或名称

help-held = 因为会减少太多而暂扣的文件
help-held-more =
    忘了取消筛选，或少了一个村，看起来就像半份名册的人都走了。这样的文件先暂扣，
    由人判断是对的（release）还是错的（reject）；此前的数据照旧。
help-held-after =
    示例：
      rosterd held
      rosterd held release 3
      rosterd held reject 3
help-held-release = 文件是对的：读入
help-held-release-id = 编号，见 'rosterd held'
help-held-reject = 文件是错的：不要它
help-held-reject-id = 编号，见 'rosterd held'

help-quarantine = 未能读取的文件和行，以及原因
help-quarantine-more =
    其余的照常读取。把文件改好再放一次，改对的就从这里消失。

help-matches = 可能是同一个人的两行，请人判断
help-matches-more =
    拿不准的从不自动合并。每一对都写明像在哪里、不像在哪里，最像的在前。

help-match = 判断 'rosterd matches' 中的一对
help-match-more =
    判断为两个人的会记住，以后不再合并。已经认成一个人、其实是两个人的，也这样拆开：
    'rosterd people 疑点编号 --explain' 列出合在一起的每一对。
help-match-after =
    示例：
      rosterd match ID confirm
      rosterd match ID reject
      rosterd people fabcdefgh01 --explain              哪些行合在一起，为什么
help-match-id = 这一对的编号，见 'rosterd matches' 或 'rosterd people --explain'
help-match-verdict = confirm 同一人（是）；reject 不是同一人（不是）；中英文都可以写

help-rematch = 用现在的权重全部重新认人
help-rematch-more =
    人已经判断过的照旧。--dry-run 只说明会改变什么。

help-access = 谁在什么时候为什么查看了谁
help-access-more =
    每次查看都在显示之前记下，前后相连，改动过哪一行都看得出来。

help-invite = 给一个下级单位的入网码
help-invite-more =
    入网码是标准输出的最后一行。只能用一次，只对这一个地区有效，并带有本级证书的指纹，
    请当面或打电话交给对方。
help-invite-after =
    示例：
      rosterd invite --area 519901001200 --hours 48
help-invite-area = 下级单位，在本级的地区之内
help-invite-hours = 多少小时内有效

help-join = 用上级给的入网码接入上级
help-join-more =
    后台服务运行与否都可以。本级的密钥在这里生成，从不离开。
help-join-code = 上级 'rosterd invite' 打印的那一行

help-revoke = 立即停用一个下级单位的凭证
help-revoke-more =
    用于电脑丢失或单位撤销。它已经上报的保留；要回来须重新邀请。
help-revoke-area = 下级单位

help-resync = 与上级比对，补齐不一致的
help-resync-more =
    上级写 --area 可以与自己的一个下级比对。没有数据主人的话什么也不删：
    下级没有了的，按它的删除记录处理。办完两边仍不一致，或者有删除在等
    下级的人确认，退出码 1；对方没有确认时退出码 3。
help-resync-after =
    示例：
      rosterd resync
      rosterd resync --area 519901001200
help-resync-area = 与这个下级比对，而不是与上级

help-verify = 与上级比对，什么也不改
help-verify-more =
    不一致退出码 1，一致退出码 0。
help-verify-area = 与这个下级比对，而不是与上级

help-trust = 认可一个下级单位现在用来签名的密钥
help-trust-more =
    用于重新接入的单位，请先打电话核对：它的 'rosterd status' 显示同样的指纹。
    在此之前它签的话会告警，因为中间可能有人冒名签署。新密钥还没有传到时不予受理。
    该单位说明是恢复了备份的，也用它消除“查阅记录少了”的告警。
help-trust-after =
    示例：
      rosterd trust --area 519901001200
help-trust-area = 哪个单位，下面哪一级都可以

help-pause = 暂停读取和上报，什么也不丢
help-pause-more =
    用于拷贝磁盘、按流量计费的网络、文件服务器维修。下级照常可以送达。

help-resume = 暂停之后继续

help-export-batch = 把还没有上报的写进一个文件
help-export-batch-more =
    用于没有网络的单位：把文件带给上级，在那里用 import-batch 读入。
    内容和顺序与网络上报相同；两种办法混用也不丢不重。
help-export-batch-file = 写到哪里；不能是已有的文件

help-import-batch = 读入下级单位用 export-batch 写的文件
help-import-batch-more =
    回执写在它旁边。请带回下级，用同一个命令读入，下级就知道哪些已经送达。
help-import-batch-file = 下级单位的文件

help-backup = 备份数据库并核对，工作照常进行
help-backup-more =
    说备份好了之前，已经读回来核对过。备份与数据库用同一把密钥，数据库不加密则备份也不加密：
    请同样妥善保管，密钥另放一处。
help-backup-after =
    示例：
      rosterd backup /srv/backup/rosterd-$(date +%F).db
      rosterd backup --nightly
help-backup-file = 备份写到哪里；那里不能已有文件
help-backup-nightly = 写到 [backup] 的文件夹，在那里试着恢复并比对；旧的删去。供定时任务使用

help-restore = 用备份替换数据库，须先停止后台服务
help-restore-more =
    设置了密钥时，未加密的备份在替换时加密。原来的数据库保留在旁边。
    上级会发现本级恢复过，会比对而不是照信。
help-restore-file = 'rosterd backup' 做的备份

help-rekey = 加密数据库，或更换密钥，须先停止后台服务
help-rekey-more =
    用设置中 [store] key_file 的密钥重写数据库；密钥文件没有时新建。
    新数据库核对之后，旧的才删去。以前的备份仍用当时的密钥。
help-rekey-after =
    示例：
      rosterd rekey                                          给未加密的数据库加密
      mv store.key store.old && rosterd rekey --old-key store.old
help-rekey-old-key = 现在打开数据库的密钥文件；不写表示数据库未加密

help-rules = 各条规则、程度和设置
help-rules-more =
    打印后台服务实际使用的规则表，带本单位设置的值，没有设置时是默认值。

help-link = 认人：训练权重，或测量
help-link-train = 用本级自己的数据重新估计权重
help-link-train-more =
    只估计权重，不合并也不拆开谁；'rosterd rematch' 才使用它。
help-link-eval = 用已知答案的文件测量认人的准确度
help-link-eval-more =
    CSV 文件，列名为 unique_id、area、list、name、idn、sex、birth 和 uid；uid 是真实的人，只用来评分。
    所有名册一起认，精确率、召回率和 F1 按成对的行计算。
help-link-eval-file = CSV 文件

help-doctor = 检查整个安装，并说明怎么办
help-doctor-more =
    设置、文件夹和权限、磁盘、时钟、来源、数据库、后台服务、上下级连接、等待上报的数量。
    有坏的地方时退出码 1。

help-demo = 在临时文件夹里演示一个县、一个乡镇和两个村
help-demo-more =
    只在本机运行的真实后台服务，各是各的进程，读入一个虚构的县两个月的样表。
    打印县里发现的问题，一直运行到按 Ctrl-C，可以到处看看。
help-demo-once = 打印完就结束
help-demo-dir = 放在哪里；新文件夹，之后保留

# 值的写法
said-an-area-code-has-x-digits-county-x-township-or-x-village = 区划代码 6 位是县，9 位是乡镇（街道），12 位是村（居）
said-a-finding-s-id-is-f-and-ten-letters-and-digits = 疑点编号是 f 加十个字母或数字
said-a-day-is-yyyy-mm-dd = 日期写成 YYYY-MM-DD
said-from-x-to-x = 应为 { $x1 } 到 { $x2 }
said-there-is-no-such-day = 没有这一天
said-invalid-digit-found-in-string = 应为数字
said-cannot-parse-integer-from-empty-string = 应为数字
said-number-too-large-to-fit-in-target-type = 数字太大
said-invalid-socket-address-syntax = 应写成 地址:端口，如 0.0.0.0:7443
said-a-date-is-yyyy-yyyy-mm-or-yyyy-mm-dd = 日期写成 YYYY、YYYY-MM 或 YYYY-MM-DD
said-one-of-x = 可以写 { $x1 }
said-population-health-dibao-family-deaths-migrants = 人口底册、健康档案、低保名册、扶助名册、死亡名册、流动人口名册（或 population、health、dibao、family、deaths、migrants）
said-high-medium-low-info = 高、中、低、提示（或 high、medium、low、info）
said-confirm-dismiss-reopen = 属实、不属实、重新核实（或 confirm、dismiss、reopen）
said-confirm-reject = 同一人、是，或者 不是同一人、不同的人、不是、否（或 confirm、reject）
said-birth-death-transfer-out-migration-in-migration-correction = 出生、死亡、县内迁移、迁出县外、县外迁入、信息更正（或 birth、death、transfer、out_migration、in_migration、correction）
said-yes-no = 是、否（或 yes、no）
said-a-name-a-number-or-an-id = 请写姓名、身份证号或编号
said-there-is-no-such-area-code = 没有这样的区划代码
said-no-such-rule-x-lists-them = 没有这条规则；用 { $x1 } 查看全部规则
